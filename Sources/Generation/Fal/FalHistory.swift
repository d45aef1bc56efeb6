import Foundation
import HTTPTypes
import Presets

/// fal's history of requests by endpoint: the only place where a request whose response was lost can be found, and a
/// result that the queue no longer has.
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
    var cursors: Set<String> = []
    for _ in 0..<Self.pageLimit {
      let (rows, more, time) = try await page(lost, cursor)
      let now = Date().timeIntervalSince1970
      let match = RequestMatch(
        request: lost.request,
        since: RequestMatch.earliest(sent: lost.sentAt, now: now, differences: time.map { [$0 - now] } ?? []))
      for row in rows {
        guard let job = job(row, lost.request.model) else {
          search.isComplete = false
          continue
        }
        guard seen.insert(job.id).inserted else { continue }
        switch match.result(job) {
        case .equal: search.matches.append(job)
        case .likely: search.likely.append(job)
        case .open: search.undecided += 1
        case .different: break
        }
      }
      guard let more else { return search }
      // A page that cannot be asked for, or is asked for again and again, leaves rows unseen.
      guard let next = more.cursor, cursors.insert(next).inserted else { break }
      cursor = next
    }
    search.isComplete = false
    return search
  }

  /// The clip's address in the history; nil when it is not there.
  func result(of id: String, of request: LostRequest) async throws -> String? {
    var cursor: String?
    var cursors: Set<String> = []
    for _ in 0..<Self.pageLimit {
      let (rows, more, _) = try await page(request, cursor)
      if let row = rows.first(where: { $0["request_id"]?.textValue == id }) { return output(row) }
      guard let next = more?.cursor, cursors.insert(next).inserted else { return nil }
      cursor = next
    }
    return nil
  }

  /// That there is another page, and its cursor where the service names one.
  private struct More {
    let cursor: String?
  }

  /// The rows, whether there are more, and the service's time in Unix seconds.
  private func page(_ lost: LostRequest, _ cursor: String?) async throws -> ([JSONValue], More?, Double?) {
    // An older time than that of sending, since the service's clock may be slow.
    let start = Date(timeIntervalSince1970: min(lost.sentAt, Date().timeIntervalSince1970) - Self.lead)
    var query = [
      ("endpoint_id", lost.request.model), ("start", start.formatted(.iso8601)), ("expand", "payloads"),
      ("limit", Self.rowsPerPage),
    ]
    if let cursor { query.append(("cursor", cursor)) }
    let url = try APIAddress(base: base).url(["v1", "models", "requests", "by-endpoint"], query: query)
    let answer = try await client.sendForJSON(
      HTTPCall(method: .get, url: url),
      doing: "list the requests to \(client.failure.redactor.clean(lost.request.model))")
    guard let json = JSONText.decode(answer.body), let rows = json["items"]?.arrayValue else {
      throw GenerationError(.malformedAnswer, "\(client.failure.service) listed its requests in an unknown form.")
    }
    let next = json["next_cursor"]?.textValue.flatMap { $0.isEmpty ? nil : $0 }
    let isMore = json["has_more"]?.boolValue ?? (next != nil)
    let time = answer.headers.first(name: "Date").flatMap(HTTPDate.parse)?.timeIntervalSince1970
    return (rows, isMore ? More(cursor: next) : nil, time)
  }

  private func job(_ row: JSONValue, _ endpoint: String) -> GenerationJob? {
    guard let id = row["request_id"]?.textValue, !id.isEmpty,
      let request = FalRequest(id: id, of: endpoint, queue: queue)
    else { return nil }
    let status = row["status_code"]?.integerValue
    let hasEnded = row["ended_at"].flatMap(\.stringValue) != nil
    let state: GenerationJob.State = hasEnded ? (status.map { $0 < 400 } ?? true ? .succeeded : .failed) : .queued
    return GenerationJob(
      id: request.jobID(queue: queue), state: state, model: row["endpoint_id"]?.stringValue ?? endpoint,
      prompt: input(row)?["prompt"]?.stringValue, parameters: input(row) ?? [:],
      resultURL: output(row), enqueuedAt: ServiceTime.seconds(row["sent_at"]),
      startedAt: ServiceTime.seconds(row["started_at"]), completedAt: ServiceTime.seconds(row["ended_at"]))
  }

  private func input(_ row: JSONValue) -> [String: JSONValue]? { payload(row, "json_input")?.objectValue }

  private func output(_ row: JSONValue) -> String? { payload(row, "json_output").flatMap(FalResponse.video) }

  /// A payload, as an object or as its text.
  private func payload(_ row: JSONValue, _ name: String) -> JSONValue? {
    guard let payload = row[name] else { return nil }
    return payload.stringValue.flatMap { JSONText.decode(Data($0.utf8)) } ?? payload
  }
}
