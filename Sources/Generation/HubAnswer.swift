import Foundation
import Presets

/// The hub's JSON, read into the room's values.
enum HubAnswer {
  /// What the hub says of a generation itself; everything else in the object are the submitted parameters.
  private static let ownFields: Set<String> = [
    "generation_id", "id", "model_name", "model", "media_type", "status", "result_url", "error_message", "enqueued_at",
    "started_at", "completed_at", "prompt",
  ]

  /// Nil when there is no id or no known status in it.
  static func job(_ json: JSONValue) -> GenerationJob? {
    guard let id = (json["generation_id"] ?? json["id"])?.stringValue, !id.isEmpty,
      let state = json["status"]?.stringValue.flatMap(GenerationJob.State.init(rawValue:))
    else { return nil }
    let members = json.objectValue ?? [:]
    return GenerationJob(
      id: id, state: state, model: (members["model_name"] ?? members["model"])?.stringValue,
      prompt: members["prompt"]?.stringValue,
      parameters: members.filter { !ownFields.contains($0.key) }, resultURL: members["result_url"]?.stringValue,
      errorMessage: members["error_message"]?.stringValue, enqueuedAt: members["enqueued_at"]?.doubleValue,
      startedAt: members["started_at"]?.doubleValue, completedAt: members["completed_at"]?.doubleValue)
  }

  /// The jobs of a list or of an enqueue answer; nil when it has not the form of one.
  static func jobs(_ body: Data) -> [GenerationJob]? {
    guard let json = JSONText.decode(body), let list = json["generations"]?.arrayValue ?? json.arrayValue else {
      return nil
    }
    return list.compactMap(job)
  }

  /// The job that a `media_generation_completed` event tells of; nil when it tells of none.
  static func ended(_ event: ServerSentEvent) -> GenerationJob? {
    guard event.type == "media_generation_completed", let json = JSONText.decode(Data(event.data.utf8)),
      let id = json["generation_id"]?.stringValue,
      let state = json["status"]?.stringValue.flatMap(GenerationJob.State.init(rawValue:)), state.isFinal
    else { return nil }
    return GenerationJob(
      id: id, state: state, model: json["model"]?.stringValue, resultURL: json["url"]?.stringValue,
      errorMessage: json["error"].flatMap { $0.stringValue ?? $0["message"]?.stringValue })
  }

  /// The model objects of a catalogue answer, as they come.
  static func models(_ body: Data) -> [JSONValue]? {
    guard let json = JSONText.decode(body) else { return nil }
    return json.arrayValue ?? (json["models"] ?? json["data"] ?? json["results"])?.arrayValue
  }
}
