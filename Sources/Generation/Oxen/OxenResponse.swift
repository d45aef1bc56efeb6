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

  /// Nil without an id or a status. A status that is not published is one of a generation under way, whose clip may still
  /// come, unless the clip is there and a time of completion, too.
  package static func job(_ json: JSONValue) -> GenerationJob? {
    guard json["status"]?.stringValue?.isEmpty == false else { return nil }
    return job(json, state(json) ?? .processing)
  }

  private static func state(_ json: JSONValue) -> GenerationJob.State? {
    let status = json["status"]?.stringValue?.lowercased()
    if let state = status.flatMap(GenerationJob.State.init(rawValue:)) { return state }
    if status == "canceled" { return .cancelled }
    let hasClip = json["result_url"]?.stringValue?.isEmpty == false
    return hasClip && ServiceTime.seconds(json["completed_at"]) != nil ? .succeeded : nil
  }

  /// The first of these members that is not null.
  private static func first(_ members: [String: JSONValue], _ names: String...) -> JSONValue? {
    names.lazy.compactMap { members[$0] }.first { $0 != .null }
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
      id: id, state: state, model: first(members, "model_name", "model")?.stringValue,
      prompt: (first(members, "prompt") ?? first(parameters, "prompt"))?.stringValue, parameters: parameters,
      resultURL: members["result_url"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 },
      errorMessage: reason(json), enqueuedAt: ServiceTime.seconds(members["enqueued_at"]),
      startedAt: ServiceTime.seconds(members["started_at"]), completedAt: ServiceTime.seconds(members["completed_at"]))
  }

  private static func reason(_ json: JSONValue) -> String? {
    ["error_message", "error"].lazy.compactMap { json[$0].flatMap(ServiceFailure.reason(in:)) }.first
  }

  private static func id(_ json: JSONValue) -> String? {
    let value = json.objectValue.flatMap { first($0, "generation_id", "id") }
    return value?.textValue.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The jobs of a list or of an enqueue answer, each id once; nil when it is neither.
  ///
  /// An id alone stands for a paid job: with an unknown status it counts as queued.
  package static func jobs(_ body: Data) -> [GenerationJob]? { rows(body)?.jobs }

  /// The same, and whether every row could be read.
  static func rows(_ body: Data) -> (jobs: [GenerationJob], areAllRead: Bool)? {
    guard let json = JSONText.decode(body), let list = json["generations"]?.arrayValue ?? json.arrayValue else {
      return nil
    }
    let jobs = list.map { job($0, state($0) ?? .queued) }
    var seen: Set<String> = []
    return (jobs.compactMap(\.self).filter { seen.insert($0.id).inserted }, !jobs.contains { $0 == nil })
  }

  /// The generations that an enqueue answer names: in a list, or one by itself.
  static func accepted(_ body: Data) -> [GenerationJob] {
    if let jobs = jobs(body) { return jobs }
    guard let json = JSONText.decode(body) else { return [] }
    // A bare "id" may be that of anything.
    return [json, json["generation"]].compactMap(\.self).filter { $0["generation_id"] != nil }
      .compactMap { job($0, state($0) ?? .queued) }
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
