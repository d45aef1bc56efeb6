import Foundation
import Presets

/// Decides whether a job of the service's list belongs to a request.
struct RequestMatch: Sendable {
  /// Seconds that the service's clock may be slow.
  static let clockSlack: Double = 120
  /// Fields of the transport and not of the clip; the service need not repeat them.
  static let transport: Set<String> = ["model", "response_format", "target_namespace", "num_generations"]

  let request: GenerationRequest
  /// Unix seconds.
  let since: Double

  /// True when the job has the request's model, prompt and every parameter and is not older than `since`. Other
  /// parameters of the job are taken for the service's defaults.
  func accepts(_ job: GenerationJob) -> Bool {
    if let model = job.model, model != request.model { return false }
    if let time = job.enqueuedAt ?? job.startedAt ?? job.completedAt, time < since - Self.clockSlack { return false }
    return request.parameters.allSatisfy { name, value in
      if Self.transport.contains(name) { return true }
      let reported = job.parameters[name] ?? (name == "prompt" ? job.prompt.map(JSONValue.string) : nil)
      return Self.same(value, reported ?? .null)
    }
  }

  /// The earliest time by the service's clock at which a request can have arrived, from the current difference between
  /// the two clocks; it only ever widens the window.
  /// - Parameters:
  ///   - sent: by the local clock, in Unix seconds like the others.
  ///   - now: by the local clock.
  ///   - theirs: by the service's clock; nil when unknown.
  static func earliest(sent: Double, now: Double, theirs: Double?) -> Double {
    // A time in the future means that the local clock was set back since: no bound then.
    guard sent <= now + clockSlack else { return -.infinity }
    return sent + min(0, (theirs ?? now) - now)
  }

  /// Equality in which 3, 3.0 and "3" are the same, and so are null and absent members.
  static func same(_ one: JSONValue, _ other: JSONValue) -> Bool {
    switch (one, other) {
    case (.array(let one), .array(let other)):
      return one.count == other.count && zip(one, other).allSatisfy(same)
    case (.object(let one), .object(let other)):
      return Set(one.keys).union(other.keys).allSatisfy { same(one[$0] ?? .null, other[$0] ?? .null) }
    default:
      if let one = number(one), let other = number(other) { return one == other }
      if let one = one.stringValue, let other = other.stringValue {
        return one.trimmingCharacters(in: .whitespacesAndNewlines)
          == other.trimmingCharacters(in: .whitespacesAndNewlines)
      }
      return one == other
    }
  }

  private static func number(_ value: JSONValue) -> Double? {
    value.doubleValue ?? value.stringValue.flatMap(Double.init)
  }
}
