package import Foundation
package import Presets

/// Parses fal's JSON.
package enum FalResponse {
  /// A status object.
  package struct Status: Sendable {
    let state: GenerationJob.State
    /// The service's reason, when it failed.
    let error: String?
  }

  /// Nil without a known status.
  package static func status(_ json: JSONValue) -> Status? {
    guard let status = json["status"]?.stringValue?.uppercased() else { return nil }
    let kind = json["error_type"]?.stringValue
    let error = json["error"].flatMap(ServiceFailure.reason(in:))
    switch status {
    case "IN_QUEUE": return Status(state: .queued, error: nil)
    case "IN_PROGRESS": return Status(state: .processing, error: nil)
    case "CANCELLED", "CANCELED": return Status(state: .cancelled, error: error)
    case "COMPLETED", "FAILED", "ERROR":
      let reasons = [error, kind].compactMap { $0 }.filter { !$0.isEmpty }
      guard !reasons.isEmpty || status != "COMPLETED" else { return Status(state: .succeeded, error: nil) }
      if reasons.contains(where: isCancellation) { return Status(state: .cancelled, error: error) }
      return Status(state: .failed, error: reasons.joined(separator: " (") + (reasons.count == 2 ? ")" : ""))
    default: return nil
    }
  }

  /// The clip's address in a result.
  package static func video(_ json: JSONValue) -> String? {
    let video = json["video"] ?? json["videos"]?.arrayValue?.first
    let address = video?["url"]?.stringValue ?? video?.stringValue
    return address.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Why a model did not fulfil a request; nil when the body is not such an answer.
  package static func refusal(_ body: Data) -> String? {
    guard let json = JSONText.decode(body), json["detail"]?.arrayValue != nil else { return nil }
    let message = ServiceFailure.message(in: body)
    return message.isEmpty ? nil : message
  }

  static func isCancellation(_ message: String) -> Bool { message.contains(/cancel+ed|cancellation/.ignoresCase()) }
}
