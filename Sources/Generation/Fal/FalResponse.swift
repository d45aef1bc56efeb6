import Foundation
import Presets

/// fal's JSON, read into the room's values.
enum FalAnswer {
  /// What a status object says.
  struct Status: Sendable {
    let state: GenerationJob.State
    /// The service's own words, when it failed.
    let error: String?
  }

  /// Nil when there is no known status in it.
  static func status(_ json: JSONValue) -> Status? {
    guard let word = json["status"]?.stringValue?.uppercased() else { return nil }
    let kind = json["error_type"]?.stringValue
    let words = json["error"].flatMap { $0 == .null ? nil : ServiceFailure.words(in: $0) }
    switch word {
    case "IN_QUEUE": return Status(state: .queued, error: nil)
    case "IN_PROGRESS": return Status(state: .processing, error: nil)
    case "CANCELLED", "CANCELED": return Status(state: .cancelled, error: words)
    case "COMPLETED", "FAILED", "ERROR":
      let said = [words, kind].compactMap { $0 }.filter { !$0.isEmpty }
      guard !said.isEmpty || word != "COMPLETED" else { return Status(state: .succeeded, error: nil) }
      if said.contains(where: tellsOfCancellation) { return Status(state: .cancelled, error: words) }
      return Status(state: .failed, error: said.joined(separator: " (") + (said.count == 2 ? ")" : ""))
    default: return nil
    }
  }

  /// The clip's address in a result.
  static func video(_ json: JSONValue) -> String? {
    let video = json["video"] ?? json["videos"]?.arrayValue?.first
    let address = video?["url"]?.stringValue ?? video?.stringValue
    return address.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// What a model said of a request that it did not fulfil; nil when the body is not such an answer.
  static func refusal(_ body: Data) -> String? {
    guard let json = JSONText.decode(body), json["detail"]?.arrayValue != nil else { return nil }
    let words = ServiceFailure.words(in: body)
    return words.isEmpty ? nil : words
  }

  static func tellsOfCancellation(_ words: String) -> Bool { words.contains(/cancel+ed|cancellation/.ignoresCase()) }
}
