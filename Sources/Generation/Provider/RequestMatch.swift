import Foundation
import Presets

/// Decides whether a generation that a service lists belongs to a request.
struct RequestMatch: Sendable {
  enum Result: Sendable {
    /// Another model, prompt or parameter, or older.
    case different
    /// Nothing that is reported differs, and not every parameter is reported.
    case open
    /// The same, with the request's prompt and a time at or after its sending.
    case likely
    /// Model and every parameter are the request's.
    case equal
  }

  /// Seconds by which the service's clock may be slow without a sign of it.
  static let clockSlack: Double = 900
  /// Fields of the transport and not of the clip; the service need not repeat them.
  static let transport: Set<String> = ["model", "response_format", "target_namespace", "num_generations"]

  let request: GenerationRequest
  /// Unix seconds by the service's clock.
  let since: Double

  /// Other parameters of the job are taken for the service's defaults.
  func result(_ job: GenerationJob) -> Result {
    if let model = job.model, model != request.model { return .different }
    let time = job.enqueuedAt ?? job.startedAt ?? job.completedAt
    if let time, time < since - Self.clockSlack { return .different }
    var isWhole = true
    for (name, value) in request.parameters where !Self.transport.contains(name) {
      switch reported(name, of: job) {
      case nil: if !Self.isEmpty(value) { isWhole = false }
      case let reported?: guard Self.same(value, reported) else { return .different }
      }
    }
    if isWhole { return .equal }
    let hasPrompt = request.parameters["prompt"] != nil && reported("prompt", of: job) != nil
    return hasPrompt && job.model != nil && time != nil ? .likely : .open
  }

  private func reported(_ name: String, of job: GenerationJob) -> JSONValue? {
    let value = job.parameters[name] ?? (name == "prompt" ? job.prompt.map(JSONValue.string) : nil)
    return value == .null ? nil : value
  }

  /// The earliest time by the service's clock at which a request can have arrived; clock differences only ever widen
  /// the window.
  /// - Parameters:
  ///   - sent: by the local clock, in Unix seconds like the others.
  ///   - now: by the local clock.
  ///   - differences: seconds by which the service's clock was seen to be ahead of the local one.
  static func earliest(sent: Double, now: Double, differences: [Double]) -> Double {
    // A time in the future means that the local clock was set back since: no bound then.
    guard sent <= now + clockSlack else { return -.infinity }
    return sent + min(0, differences.min() ?? 0)
  }

  /// Equality in which 3, 3.0 and "3" are the same, and so are null, empty and absent members; what a service adds to an
  /// object is its default.
  /// - Parameter asked: as the request has it.
  static func same(_ asked: JSONValue, _ reported: JSONValue) -> Bool {
    if isEmpty(asked), isEmpty(reported) { return true }
    switch (asked, reported) {
    case (.array(let asked), .array(let reported)):
      return asked.count == reported.count && zip(asked, reported).allSatisfy(same)
    case (.object(let asked), .object(let reported)):
      return asked.allSatisfy { same($0.value, reported[$0.key] ?? .null) }
    default:
      if let one = number(asked), let other = number(reported) { return one == other }
      if let one = asked.stringValue, let other = reported.stringValue {
        return one.trimmingCharacters(in: .whitespacesAndNewlines)
          == other.trimmingCharacters(in: .whitespacesAndNewlines)
      }
      return asked == reported
    }
  }

  private static func isEmpty(_ value: JSONValue) -> Bool {
    switch value {
    case .null, .array([]), .object([:]): true
    default: false
    }
  }

  private static func number(_ value: JSONValue) -> Double? {
    value.doubleValue ?? value.stringValue.flatMap(Double.init)
  }
}
