package import Foundation
package import Presets

/// Parses the hub's JSON.
package enum OxenResponse {
  /// Fields of the generation itself; everything else in the object is a submitted parameter.
  private static let ownFields: Set<String> = [
    "generation_id", "id", "model_name", "model", "media_type", "status", "result_url", "error_message", "enqueued_at",
    "started_at", "completed_at", "prompt",
  ]

  /// Objects in which a service may repeat the submitted parameters.
  private static let parameterObjects = ["parameters", "params", "input"]

  /// Nil without an id or a status. A status that is not published is one of a generation under way: its clip may still
  /// come.
  package static func job(_ json: JSONValue) -> GenerationJob? {
    guard json["status"]?.stringValue?.isEmpty == false else { return nil }
    return job(json, state(json) ?? .processing)
  }

  private static func state(_ json: JSONValue) -> GenerationJob.State? {
    json["status"]?.stringValue.flatMap(GenerationJob.State.init(rawValue:))
  }

  private static func job(_ json: JSONValue, _ state: GenerationJob.State) -> GenerationJob? {
    guard let id = id(json) else { return nil }
    let members = json.objectValue ?? [:]
    var parameters = members.filter { !ownFields.contains($0.key) }
    for name in parameterObjects {
      guard let own = parameters[name]?.objectValue else { continue }
      parameters[name] = nil
      parameters.merge(own) { outer, _ in outer }
    }
    return GenerationJob(
      id: id, state: state, model: (members["model_name"] ?? members["model"])?.stringValue,
      prompt: (members["prompt"] ?? parameters["prompt"])?.stringValue, parameters: parameters,
      resultURL: members["result_url"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 },
      errorMessage: reason(json), enqueuedAt: members["enqueued_at"]?.doubleValue,
      startedAt: members["started_at"]?.doubleValue, completedAt: members["completed_at"]?.doubleValue)
  }

  private static func reason(_ json: JSONValue) -> String? {
    ["error_message", "error"].lazy.compactMap { json[$0].flatMap(ServiceFailure.reason(in:)) }.first
  }

  private static func id(_ json: JSONValue) -> String? {
    let value = json["generation_id"] ?? json["id"]
    return (value?.stringValue ?? value?.integerValue.map { "\($0)" }).flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The jobs of a list or of an enqueue answer, each id once; nil when it is neither.
  ///
  /// An id alone stands for a paid job: with an unknown status it counts as queued.
  package static func jobs(_ body: Data) -> [GenerationJob]? {
    guard let json = JSONText.decode(body), let list = json["generations"]?.arrayValue ?? json.arrayValue else {
      return nil
    }
    var seen: Set<String> = []
    return list.compactMap { job($0, state($0) ?? .queued) }.filter { seen.insert($0.id).inserted }
  }

  /// The job of a `media_generation_completed` event; nil for other events.
  package static func ended(_ event: ServerSentEvent) -> GenerationJob? {
    guard event.type == "media_generation_completed", let json = JSONText.decode(Data(event.data.utf8)),
      let id = id(json), let state = state(json), state.isFinal
    else { return nil }
    return GenerationJob(
      id: id, state: state, model: json["model"]?.stringValue,
      resultURL: json["url"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 },
      errorMessage: reason(json))
  }

  /// The model objects of a catalogue, unchanged.
  package static func models(_ body: Data) -> [JSONValue]? {
    guard let json = JSONText.decode(body) else { return nil }
    return json.arrayValue ?? (json["models"] ?? json["data"] ?? json["results"])?.arrayValue
  }
}
