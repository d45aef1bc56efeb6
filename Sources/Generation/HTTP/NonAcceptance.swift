import Foundation
import Presets

/// Proof that a service did not accept a paid request.
///
/// There is no other: however else a call ends (silence, a gateway's page, a redirect, an unreadable answer), the request
/// may have been accepted and charged, and only a search at the service can show that.
enum NonAcceptance: Sendable, Hashable {
  /// No byte of the request's body left this machine.
  case notSent
  /// The service itself refused, in its own form.
  case refused

  /// Statuses of gateways, whose service may go on with the request: those of RFC 9110 §15.6.3 and §15.6.5, and those that
  /// no service has, such as those of Cloudflare from 520 on.
  private static func isGateway(_ status: Int) -> Bool { [502, 504].contains(status) || status >= 511 }

  /// Nil when the request may have arrived.
  init?(_ failure: ExchangeFailure) {
    guard !failure.mayHaveArrived else { return nil }
    self = .notSent
  }

  /// Nil unless the answer is a refusal that the service itself wrote.
  init?(status: Int, body: Data, form: RefusalForm) {
    guard status >= 400, form.matches(body) else { return nil }
    guard !Self.isGateway(status) || ServiceFailure.isModelRefusal(body) else { return nil }
    self = .refused
  }
}

/// The form in which a service writes its refusals, by which they are told from those of gateways and proxies.
enum RefusalForm: Sendable {
  /// `{"error": {"type", "title", "detail"?}, "status": "error", …}` or `{"error": {"message"}}`; the model's own refusals
  /// also come as text.
  case oxen
  /// `{"detail": "…"}` or `{"detail": [{"loc", "msg", "type"}]}`.
  case fal

  func matches(_ body: Data) -> Bool {
    guard let json = JSONText.decode(body), json.objectValue != nil else {
      return self == .oxen && ServiceFailure.isModelRefusal(body)
    }
    switch self {
    case .oxen:
      return ["type", "title", "message"].contains { json["error"]?[$0]?.stringValue?.isEmpty == false }
    case .fal:
      if let reasons = json["detail"]?.arrayValue {
        return !reasons.isEmpty && reasons.allSatisfy { $0["msg"]?.stringValue != nil }
      }
      return json["detail"]?.stringValue?.isEmpty == false
    }
  }
}
