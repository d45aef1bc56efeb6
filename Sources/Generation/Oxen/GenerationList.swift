import Foundation
import HTTPTypes
import Presets
import Synchronization

/// The hub's list of generations, read through all its pages.
///
/// How many rows one answer holds and how to ask for more is not published. What an answer itself names is followed: a
/// `next` address, a cursor, a page number, a `Link` header (RFC 8288). Where it only shows that there are more, by
/// `count` or `has_more`, the usual ways to ask are tried; the one that brings new rows is kept.
struct GenerationList: Sendable {
  /// What was read.
  struct Listing: Sendable {
    /// Each id once.
    var jobs: [GenerationJob] = []
    /// Whether every row was read, as far as the service shows.
    var isComplete = true
    /// The service's time in Unix seconds, where it sends one.
    var serviceTime: Double?
  }

  /// Answers read of one list.
  static let pageLimit = 200
  /// Rows asked for in one answer, where the service lets a client choose.
  static let rowsPerPage = "500"
  /// Rows of an answer from which on it may be one page of several, although it says nothing of others.
  static let rowsOfAFullPage = 10

  /// A way to ask for the rows after those that were read.
  private enum Paging: String, Sendable, CaseIterable {
    case page, offset, after, limit
    case perPage = "per_page"
    case pageSize = "page_size"

    /// - Parameters:
    ///   - page: of the rows that are asked for, from 1.
    ///   - rows: number of those that were read, with the id of the last.
    func query(page: Int, rows: Int, last: String) -> [(String, String)] {
      switch self {
      case .page: [(rawValue, "\(page)")]
      case .offset: [(rawValue, "\(rows)")]
      case .after: [(rawValue, last)]
      case .limit, .perPage, .pageSize: [(rawValue, GenerationList.rowsPerPage)]
      }
    }
  }

  /// Where rows are.
  private enum Place {
    case address(URL)
    case query([(String, String)])
  }

  private var client: ServiceClient
  let address: APIAddress
  /// The way that has brought more rows before.
  private let knownPaging = PagingMemory()

  private final class PagingMemory: Sendable {
    let paging = Mutex<Paging?>(nil)
  }

  init(client: ServiceClient, address: APIAddress) {
    self.client = client
    // A search for a lost answer goes on for minutes by itself.
    self.client.retry = client.retry.brief
    self.address = address
  }

  /// - Parameter status: nil for the active ones.
  func read(model: String, status: String?) async throws -> Listing {
    let filter = [("model", model)] + (status.map { [("status", $0)] } ?? [])
    var rows = Rows()
    var place: Place? = .query([])
    while let next = place, rows.pages < Self.pageLimit {
      let page = try await page(next, filter)
      let fresh = rows.add(page)
      // Without new rows the same page would be asked for again and again.
      place = fresh > 0 ? page.next : nil
      if fresh == 0, page.next != nil, !page.jobs.isEmpty { rows.isBrokenOff = true }
    }
    if rows.mayGoOn, place == nil { try await readFurther(&rows, filter) }
    return Listing(jobs: rows.jobs, isComplete: place == nil && rows.areAll, serviceTime: rows.serviceTime)
  }

  /// Tries the usual ways to ask for more until one brings new rows, and follows that one to its end.
  private func readFurther(_ rows: inout Rows, _ filter: [(String, String)]) async throws {
    for paging in knownPaging.paging.withLock({ $0.map { [$0] } ?? Paging.allCases }) {
      var number = 2
      do {
        while rows.pages < Self.pageLimit {
          let query = paging.query(page: number, rows: rows.jobs.count, last: rows.jobs.last?.id ?? "")
          guard rows.add(try await page(.query(query), filter)) > 0 else { break }
          knownPaging.paging.withLock { $0 = paging }
          number += 1
          if !rows.mayGoOn { return }
        }
      } catch let error as GenerationError where [.refused, .notFound, .unavailable].contains(error.code) {
        // A query that the service does not know.
      }
      if number > 2 { return }
    }
  }

  /// The rows of all answers so far.
  private struct Rows {
    var jobs: [GenerationJob] = []
    var pages = 0
    var serviceTime: Double?
    /// Whether the service shows that there are more.
    var isMore = false
    /// Whether a page that an answer named brought nothing new.
    var isBrokenOff = false
    private var hasUnreadable = false
    var areAll: Bool { !isMore && !isBrokenOff && !hasUnreadable }
    private var lastPage = 0
    private var seen: Set<String> = []

    /// - Returns: the number of new rows.
    mutating func add(_ page: Page) -> Int {
      let fresh = page.jobs.filter { seen.insert($0.id).inserted }
      jobs += fresh
      hasUnreadable = hasUnreadable || !page.areAllRead
      pages += 1
      lastPage = page.jobs.count
      serviceTime = serviceTime ?? page.time
      isMore = page.isMore ?? page.count.map { $0 > seen.count } ?? false
      return fresh.count
    }

    /// Whether there may be more rows.
    var mayGoOn: Bool { !jobs.isEmpty && (isMore || lastPage >= GenerationList.rowsOfAFullPage) }
  }

  // MARK: - One answer

  private struct Page {
    let jobs: [GenerationJob]
    let areAllRead: Bool
    let count: Int64?
    let isMore: Bool?
    let next: Place?
    let time: Double?
  }

  private func page(_ place: Place, _ filter: [(String, String)]) async throws -> Page {
    let url =
      switch place {
      case .address(let url): url
      case .query(let query): try address("ai", "queue", query: filter + query)
      }
    let call = HTTPCall(method: .get, url: url)
    let answer = try await client.sendForJSON(call, doing: "list the generations")
    guard let rows = OxenResponse.rows(answer.body), let json = JSONText.decode(answer.body) else {
      throw GenerationError(.malformedAnswer, "\(client.failure.service) listed the generations in an unknown form.")
    }
    let facts = [json, json["pagination"], json["meta"], json["links"], json["page_info"]].compactMap(\.self)
    func first(_ names: String...) -> JSONValue? {
      names.lazy.flatMap { name in facts.compactMap { $0[name] } }.first { $0 != .null }
    }
    return Page(
      jobs: rows.jobs, areAllRead: rows.areAllRead,
      count: first("count", "total", "total_count", "total_entries", "total_items")?.integerValue,
      isMore: first("has_more", "has_next", "has_next_page")?.boolValue,
      next: try next(first, linkedFrom: answer.headers, of: url),
      time: answer.headers.first(name: "Date").flatMap(HTTPDate.parse)?.timeIntervalSince1970)
  }

  private func next(
    _ first: (String...) -> JSONValue?, linkedFrom headers: HTTPFields, of url: URL
  ) throws -> Place? {
    let link = headers.values(name: "Link").first { $0.contains(/rel\s*=\s*"?next\b/.ignoresCase()) }
    let target = link?.firstMatch(of: /<([^>]*)>/).map { String($0.output.1) }
    if let text = target ?? first("next", "next_url", "next_link")?.stringValue, !text.isEmpty {
      // The key goes to the API's own origin only.
      if text.contains("/") || text.hasPrefix("?"), let next = URL(verbatim: text, relativeTo: url),
        client.session.isOwn(next)
      {
        return .address(next)
      }
      if !text.contains("/") { return .query([("cursor", text)]) }
    }
    if let cursor = first("next_cursor", "cursor", "end_cursor")?.textValue, !cursor.isEmpty {
      return .query([("cursor", cursor)])
    }
    if let token = first("next_page_token", "next_token")?.textValue, !token.isEmpty {
      return .query([("page_token", token)])
    }
    if let page = first("next_page")?.integerValue { return .query([("page", "\(page)")]) }
    if let page = first("page", "page_number", "current_page")?.integerValue,
      let pages = first("total_pages", "pages")?.integerValue, page < pages
    {
      return .query([("page", "\(page + 1)")])
    }
    return nil
  }
}
