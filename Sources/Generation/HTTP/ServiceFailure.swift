package import Foundation
import Presets

/// Turns a service's refusal, in any of its forms, into an error with the reason and a way out.
package struct ServiceFailure: Sendable {
  let service: String
  /// The environment variable of the key.
  let keyVariable: String
  let redactor: Redactor

  /// The error for a response that is not 2xx, after all retries.
  func error(status: Int, body: Data, doing action: String) -> GenerationError {
    let message = redactor.clean(Self.message(in: body))
    let reason = message.isEmpty ? "HTTP \(status)" : "HTTP \(status): \(message)"
    func make(_ code: GenerationError.Code, _ text: String) -> GenerationError {
      GenerationError(code, text, status: status)
    }
    if Self.isMissingCredits(message) || status == 402 {
      return make(.insufficientCredits, "\(service) could not \(action) (\(reason)). \(creditsAdvice)")
    }
    switch status {
    case 401, 403:
      return make(
        .notAuthorised, "\(service) refused the key and did not \(action) (\(reason)). Check \(keyVariable).")
    case 404:
      return make(.notFound, "\(service) could not \(action): not found (\(reason)).")
    case 429:
      return make(.rateLimited, "\(service) did not \(action): too many requests (\(reason)). Try again later.")
    case 408, 425, 500...:
      return make(.unavailable, "\(service) could not \(action) (\(reason)). Try again later.")
    default:
      return make(.refused, "\(service) refused to \(action) (\(reason)).\(Self.advice(on: message))")
    }
  }

  /// The error for a generation that has ended as `failed`.
  func error(ofFailed id: String, reason: String?, status: Int? = nil) -> GenerationError {
    let reason = redactor.clean(reason ?? "")
    guard !reason.isEmpty else {
      return GenerationError(
        .generationFailed, "Generation \(redactor.clean(id, limit: 80)) failed without a reason.", status: status)
    }
    if Self.isMissingCredits(reason) {
      return GenerationError(
        .insufficientCredits, "Generation \(redactor.clean(id, limit: 80)) failed: \(reason). \(creditsAdvice)",
        status: status)
    }
    return GenerationError(
      .generationFailed,
      "Generation \(redactor.clean(id, limit: 80)) failed: \(reason)\(reason.hasSuffix(".") ? "" : ".")"
        + Self.advice(on: reason), status: status)
  }

  /// Whether the model itself refused the request, whatever the status.
  static func isModelRefusal(_ body: Data) -> Bool {
    message(in: body).contains(/response error:\s*4\d\d\b/.ignoresCase())
  }

  static func isMissingCredits(_ message: String) -> Bool {
    message.contains(/insufficient\s+(credit|balance|fund)|not enough credits/.ignoresCase())
  }

  private var creditsAdvice: String {
    "Add credits to the account that \(keyVariable) belongs to, then run again."
  }

  private static func advice(on reason: String) -> String {
    guard GenerationError.isContentRefusal(reason) else { return "" }
    return " This looks like the content policy: change the prompt or the image."
  }

  // MARK: - The service's message

  /// The message of an error body: the published JSON forms, those of common frameworks, or its text.
  package static func message(in body: Data) -> String {
    guard let json = JSONText.decode(body) else { return textMessage(String(decoding: body, as: UTF8.self)) }
    return message(in: json)
  }

  /// Why a generation failed, whatever form a service gives its reason in; nil for none.
  static func reason(in json: JSONValue) -> String? {
    let message = message(in: json)
    if !message.isEmpty { return message }
    switch json {
    case .null, .string, .array([]), .object([:]): return nil
    default: return json.canonicalJSON
    }
  }

  static func message(in json: JSONValue) -> String {
    switch json {
    case .string(let text): return text
    case .array(let parts): return joined(parts.map(message(in:)))
    case .object(let members):
      if let error = members["error"], error != .null {
        return joined([message(in: error), members["status_message"]?.stringValue ?? ""])
      }
      if let place = members["loc"]?.arrayValue, let text = members["msg"]?.stringValue {
        let path = place.map { $0.stringValue ?? $0.integerValue.map(String.init) ?? "" }.joined(separator: ".")
        return "\(path): \(text)"
      }
      return joined(
        ["title", "message", "error_message", "detail", "status_message"].map {
          members[$0].map(message(in:)) ?? ""
        })
    default: return ""
    }
  }

  /// The parts that are not empty, each once.
  private static func joined(_ parts: [String]) -> String {
    var kept: [String] = []
    for part in parts where !part.isEmpty && !kept.contains(where: { $0.contains(part) }) { kept.append(part) }
    return kept.joined(separator: "; ")
  }

  private static func textMessage(_ text: String) -> String {
    guard text.prefix(200).contains(/^\s*<(!doctype|html|\?xml)/.ignoresCase()) else { return text }
    if let title = text.firstMatch(of: /<title>([^<]*)<\/title>/.ignoresCase()) { return String(title.output.1) }
    if let message = text.firstMatch(of: /<Message>([^<]*)<\/Message>/) { return String(message.output.1) }
    return "an HTML page"
  }
}
