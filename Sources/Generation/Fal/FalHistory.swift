import Foundation
import HTTPTypes
import Presets

/// fal's history of requests by endpoint: the only place where a request whose response was lost can be found.
///
/// Whether it lists a request that still waits is not published.
struct FalHistory: Sendable {
  private static let rowsPerPage = "100"
  static let pageLimit = 200
  /// Seconds before the sending from which on requests are asked for; what is older is left out here.
  private static let lead: Double = 3600

  let client: ServiceClient
  let base: URL
  let queue: URL

  func search(for lost: LostRequest) async throws -> LostRequestSearch {
    var search = LostRequestSearch()
    var seen = Set(lost.known.keys)
    var cursor: String?
    for _ in 0..<Self.pageLimit {
      let (rows, next, time) = try await page(lost, cursor)
      let now = Date().timeIntervalSince1970
      let match = RequestMatch(
        request: lost.request,
        since: RequestMatch.earliest(sent: lost.sentAt, now: now, differences: time.map { [$0 - now] } ?? []))
      for row in rows {
        guard let job = job(row, lost.request.model), seen.insert(job.id).inserted else { continue }
        switch match.result(job) {
        case .equal: search.matches.append(job)
        case .likely: search.likely.append(job)
        case .open, .different: break
        }
      }
      guard let next, next != cursor else { return search }
      cursor = next
    }
    search.isComplete = false
    return search
  }

  /// The rows, the cursor of the next page, and the service's time in Unix seconds.
  private func page(_ lost: LostRequest, _ cursor: String?) async throws -> ([JSONValue], String?, Double?) {
    // An older time than that of sending, since the service's clock may be slow.
    let start = Date(timeIntervalSince1970: min(lost.sentAt, Date().timeIntervalSince1970) - Self.lead)
    var query = [
      ("endpoint_id", lost.request.model), ("start", start.formatted(.iso8601)), ("expand", "payloads"),
      ("limit", Self.rowsPerPage),
    ]
    if let cursor { query.append(("cursor", cursor)) }
    let url = try APIAddress(base: base).url(["v1", "models", "requests", "by-endpoint"], query: query)
    let answer = try await client.send(
      HTTPCall(method: .get, url: url),
      doing: "list the requests to \(client.failure.redactor.clean(lost.request.model))")
    guard let json = JSONText.decode(answer.body), let rows = json["items"]?.arrayValue else {
      throw GenerationError(.malformedAnswer, "\(client.failure.service) listed its requests in an unknown form.")
    }
    let next = json["next_cursor"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    let isMore = json["has_more"]?.boolValue ?? (next != nil)
    let time = answer.headers.first(name: "Date").flatMap(HTTPDate.parse)?.timeIntervalSince1970
    return (rows, isMore ? next : nil, time)
  }

  private func job(_ row: JSONValue, _ endpoint: String) -> GenerationJob? {
    guard let id = row["request_id"]?.stringValue, !id.isEmpty,
      let request = FalRequest(id: id, of: endpoint, queue: queue)
    else { return nil }
    let status = row["status_code"]?.integerValue
    let hasEnded = row["ended_at"].flatMap(\.stringValue) != nil
    let state: GenerationJob.State = hasEnded ? (status.map { $0 < 400 } ?? true ? .succeeded : .failed) : .queued
    return GenerationJob(
      id: request.jobID(queue: queue), state: state, model: row["endpoint_id"]?.stringValue ?? endpoint,
      prompt: input(row)?["prompt"]?.stringValue, parameters: input(row) ?? [:],
      resultURL: row["json_output"].flatMap(FalResponse.video), enqueuedAt: row["sent_at"].flatMap(Self.time),
      startedAt: row["started_at"].flatMap(Self.time), completedAt: row["ended_at"].flatMap(Self.time))
  }

  /// The payload, as an object or as its text.
  private func input(_ row: JSONValue) -> [String: JSONValue]? {
    guard let input = row["json_input"] else { return nil }
    return input.objectValue ?? input.stringValue.flatMap { JSONText.decode(Data($0.utf8))?.objectValue }
  }

  /// Unix seconds of an ISO 8601 time, with or without fractions and offset (then UTC).
  private static func time(_ value: JSONValue) -> Double? {
    guard var text = value.stringValue else { return value.doubleValue }
    text = text.replacing(" ", with: "T", maxReplacements: 1)
    if text.firstMatch(of: /(Z|z|[+\-]\d\d:?\d\d)$/) == nil { text += "Z" }
    let fraction = text.firstMatch(of: /\.\d+/).map { String($0.output) } ?? ""
    let whole = fraction.isEmpty ? text : text.replacing(fraction, with: "", maxReplacements: 1)
    guard let date = try? Date(whole, strategy: .iso8601) else { return nil }
    return date.timeIntervalSince1970 + (Double("0" + fraction) ?? 0)
  }
}
