import Foundation
import Presets

/// One generation as kept by the service, in memory and on disk.
struct GenerationRecord: Sendable, Codable {
  enum Status: String, Sendable, Codable {
    case queued, processing, succeeded, failed, cancelled
    var isFinal: Bool { self != .queued && self != .processing }
  }

  let id: String
  let model: String
  /// As submitted, without `model` and `num_generations`.
  let parameters: [String: JSONValue]
  /// Which of the generations of one request this is, from 0.
  let take: Int
  var status: Status
  var errorMessage: String?
  /// How the clip deviates from the request.
  var note: String?
  /// The scripted failure, if any.
  var plannedFailure: String?
  /// Unix seconds.
  let enqueuedAt: Double
  var startedAt: Double?
  var completedAt: Double?

  static let mediaType = "video"

  /// The published form of the answer.
  /// - Parameter resultURL: set if it succeeded.
  func json(resultURL: String?) -> JSONValue {
    var members = parameters
    members["generation_id"] = .string(id)
    members["model_name"] = .string(model)
    members["prompt"] = parameters["prompt"] ?? .null
    members["media_type"] = .string(Self.mediaType)
    members["status"] = .string(status.rawValue)
    members["result_url"] = resultURL.map { .string($0) } ?? .null
    members["error_message"] = errorMessage.map { .string($0) } ?? .null
    members["enqueued_at"] = .integer(Int64(enqueuedAt))
    members["started_at"] = startedAt.map { .integer(Int64($0)) } ?? .null
    members["completed_at"] = completedAt.map { .integer(Int64($0)) } ?? .null
    if let note { members["sandbox_note"] = .string(note) }
    return .object(members)
  }

  /// The event of a finished generation; nil for a cancelled one.
  func event(resultURL: String?) -> JSONValue? {
    var members: [String: JSONValue] = [
      "generation_id": .string(id), "status": .string(status.rawValue), "media_type": .string(Self.mediaType),
    ]
    switch status {
    case .succeeded:
      members["model"] = .string(model)
      members["url"] = resultURL.map { .string($0) } ?? .null
    case .failed: members["error"] = .string(errorMessage ?? "")
    default: return nil
    }
    return .object(members)
  }
}

/// The filter of a list request.
struct GenerationFilter: Sendable {
  var namespace: String?
  var model: String?
  var status: String?
  var mediaType: String?
  var repository: String?
  var folder: String?

  /// Without a status only unfinished generations match.
  func matches(_ record: GenerationRecord) -> Bool {
    if let status {
      if record.status.rawValue != status { return false }
    } else if record.status.isFinal {
      return false
    }
    if let model, record.model != model { return false }
    if let mediaType, mediaType != GenerationRecord.mediaType { return false }
    if let namespace, record.parameters["target_namespace"]?.stringValue != namespace { return false }
    if let repository, record.parameters["target_repo"]?.stringValue != repository { return false }
    if let folder, record.parameters["target_folder"]?.stringValue != folder { return false }
    return true
  }
}
