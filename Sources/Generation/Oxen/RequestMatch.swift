import Foundation
import Presets

/// Decides whether a job of the service's list is what a request asked for.
struct RequestMatch: Sendable {
  /// Seconds that the service's clock may be behind ours.
  static let clockSlack: Double = 120
  /// Fields that say how to answer and not what to make; the service need not repeat them.
  static let transport: Set<String> = ["model", "response_format", "target_namespace", "num_generations"]

  let request: GenerationRequest
  /// Unix seconds.
  let since: Double

  /// True when model, prompt and every parameter sent are the job's own and it is not older than `since`. Parameters
  /// that the job has besides are taken for the service's defaults.
  func accepts(_ job: GenerationJob) -> Bool {
    if let model = job.model, model != request.model { return false }
    if let time = job.enqueuedAt ?? job.startedAt ?? job.completedAt, time < since - Self.clockSlack { return false }
    return request.parameters.allSatisfy { name, value in
      if Self.transport.contains(name) { return true }
      let told = job.parameters[name] ?? (name == "prompt" ? job.prompt.map(JSONValue.string) : nil)
      return Self.same(value, told ?? .null)
    }
  }

  /// The earliest time by the service's clock at which a request can have come, as far as a difference between the two
  /// clocks shows now; it only ever widens the window.
  /// - Parameters:
  ///   - sent: by our clock, Unix seconds, as the others.
  ///   - now: by our clock.
  ///   - theirs: what the service says it is now; nil when it does not.
  static func earliest(sent: Double, now: Double, theirs: Double?) -> Double {
    // A request sent in the future was sent by a clock that was set back since: then it says nothing.
    guard sent <= now + clockSlack else { return -.infinity }
    return sent + min(0, (theirs ?? now) - now)
  }

  /// Equality in which 3, 3.0 and "3" are one, and a member that is null is one that is absent.
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
