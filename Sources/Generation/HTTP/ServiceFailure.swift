import Foundation
import Presets

/// Turns a service's refusal, in any of its published forms, into an error that says what happened and what to do.
struct ServiceFailure: Sendable {
  /// The provider's name, as shown.
  let service: String
  /// Where the key comes from, as shown.
  let keyVariable: String
  let redactor: Redactor

  /// The error for an answer that was not 2xx, after whatever retries there were.
  func error(status: Int, body: Data, doing action: String) -> GenerationError {
    let words = redactor.clean(Self.words(in: body))
    let said = words.isEmpty ? "HTTP \(status)" : "HTTP \(status): \(words)"
    func make(_ code: GenerationError.Code, _ text: String) -> GenerationError {
      GenerationError(code, text, status: status)
    }
    if Self.tellsOfMissingCredits(words) || status == 402 {
      return make(.insufficientCredits, "\(service) could not \(action) (\(said)). \(creditsAdvice)")
    }
    switch status {
    case 401, 403:
      return make(
        .notAuthorised, "\(service) refused the key, so it did not \(action) (\(said)). Check \(keyVariable).")
    case 404:
      return make(.notFound, "\(service) could not \(action), because it does not know it (\(said)).")
    case 429:
      return make(.rateLimited, "\(service) has too many requests to \(action) (\(said)). Try again later.")
    case 408, 425, 500...:
      return make(.unavailable, "\(service) could not \(action) (\(said)). Try again later.")
    default:
      return make(.refused, "\(service) refused to \(action) (\(said)).\(Self.advice(on: words))")
    }
  }

  /// The error for a generation that has ended as `failed`.
  func error(ofFailed id: String, saying message: String?) -> GenerationError {
    let words = redactor.clean(message ?? "")
    guard !words.isEmpty else {
      return GenerationError(.generationFailed, "Generation \(redactor.clean(id, limit: 80)) failed without a reason.")
    }
    if Self.tellsOfMissingCredits(words) {
      return GenerationError(
        .insufficientCredits, "Generation \(redactor.clean(id, limit: 80)) failed: \(words). \(creditsAdvice)")
    }
    return GenerationError(
      .generationFailed,
      "Generation \(redactor.clean(id, limit: 80)) failed: \(words)\(words.hasSuffix(".") ? "" : ".")"
        + Self.advice(on: words))
  }

  /// True when the model itself refused what was sent, whatever status the service wraps that in.
  static func isModelRefusal(_ body: Data) -> Bool {
    words(in: body).contains(/response error:\s*4\d\d\b/.ignoresCase())
  }

  static func tellsOfMissingCredits(_ words: String) -> Bool {
    words.contains(/insufficient\s+(credit|balance|fund)|not enough credits/.ignoresCase())
  }

  private var creditsAdvice: String {
    "Add credits to the account that \(keyVariable) belongs to, then run again."
  }

  private static func advice(on words: String) -> String {
    guard
      words.contains(
        /content.?policy|moderat|sensitive|nsfw|safety|prohibited|inappropriate|risk.?control|violat/.ignoresCase())
    else { return "" }
    return " This looks like the content policy: change the prompt or the image."
  }

  // MARK: - The service's own words

  /// What an error body says: the published JSON forms, those of common frameworks, or its text.
  static func words(in body: Data) -> String {
    guard let json = JSONText.decode(body) else { return plainWords(String(decoding: body, as: UTF8.self)) }
    return words(in: json)
  }

  static func words(in json: JSONValue) -> String {
    switch json {
    case .string(let text): return text
    case .array(let parts): return joined(parts.map(words(in:)))
    case .object(let members):
      if let error = members["error"], error != .null {
        return joined([words(in: error), members["status_message"]?.stringValue ?? ""])
      }
      if let place = members["loc"]?.arrayValue, let text = members["msg"]?.stringValue {
        let path = place.map { $0.stringValue ?? $0.integerValue.map(String.init) ?? "" }.joined(separator: ".")
        return "\(path): \(text)"
      }
      return joined(
        ["title", "message", "error_message", "detail", "status_message"].map {
          members[$0].map(words(in:)) ?? ""
        })
    default: return ""
    }
  }

  /// The parts that say something, each once.
  private static func joined(_ parts: [String]) -> String {
    var kept: [String] = []
    for part in parts where !part.isEmpty && !kept.contains(where: { $0.contains(part) }) { kept.append(part) }
    return kept.joined(separator: "; ")
  }

  private static func plainWords(_ text: String) -> String {
    guard text.prefix(200).contains(/^\s*<(!doctype|html|\?xml)/.ignoresCase()) else { return text }
    if let title = text.firstMatch(of: /<title>([^<]*)<\/title>/.ignoresCase()) { return String(title.output.1) }
    if let message = text.firstMatch(of: /<Message>([^<]*)<\/Message>/) { return String(message.output.1) }
    return "a page instead of an answer"
  }
}
