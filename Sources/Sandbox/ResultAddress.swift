import Foundation

/// The signed addresses under which the sandbox serves finished clips.
struct ResultAddress: Sendable {
  static let folder = "results"

  let links: SignedLink
  let state: ServerState
  let host: String

  /// A fresh address; nil for a generation that has not succeeded.
  func url(_ record: GenerationRecord) -> String? {
    guard record.status == .succeeded else { return nil }
    let file = "\(record.id).mp4"
    let query = links.query(for: file, now: Date().timeIntervalSince1970)
    return "\(state.origin(host: host))/\(Self.folder)/\(file)?\(query)"
  }
}
