import Foundation
import Presets

/// A job's id as the service's own pages show it, which for some providers is only a part of what has to be kept of it.
public enum JobID {
  /// - Parameter provider: the provider's name.
  public static func shown(_ id: String, provider: String) -> String {
    provider == FalProvider.usualName ? FalRequest.requestID(inJobID: id) : id
  }
}
