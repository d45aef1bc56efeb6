import Files
import Review

/// How the making of a page is shown.
enum ReviewProgress {
  /// Text and fraction of a progress line.
  static func text(_ event: ReviewEvent) -> (String, Double?) {
    switch event {
    case .surveying(let frames, let count):
      ("measuring frame \(frames) of \(count)", Double(frames) / Double(max(count, 1)))
    case .endsEarly(let reason): ("the master ends early: \(reason)", nil)
    case .missing(let frames, let count):
      ("\(counted(frames, "frame")) of \(count) cannot be decoded; the page shows the one before instead", nil)
    case .measuringAudio: ("measuring audio", nil)
    case .damagedAudio(let reason): ("some of the master's audio cannot be decoded: \(reason)", nil)
    case .encodingProxy(let frames, let count):
      ("encoding the proxy, frame \(frames) of \(count)", Double(frames) / Double(max(count, 1)))
    case .drawingPage: ("writing the page", nil)
    }
  }

  static func isWarning(_ event: ReviewEvent) -> Bool {
    switch event {
    case .endsEarly, .missing, .damagedAudio: true
    default: false
    }
  }

  static func show(_ event: ReviewEvent) {
    let (text, fraction) = text(event)
    guard !isWarning(event) else { return Terminal.warning("review: \(text)") }
    Terminal.progress("review: \(text)" + (fraction.map { " (\(Int(100 * $0)) %)" } ?? ""), event: EventRecord(event))
  }
}

/// `review --json`.
struct PageReport: Encodable {
  struct Join: Encodable {
    let index: Int
    let frame: Int
    let verdict: String
    let reason: String
  }

  let schema = "longtake.page/1"
  let page: String
  let report: String
  let bytes: Int64
  /// Seconds without the proxy.
  let seconds: Double
  let proxySeconds: Double
  let joins: [Join]

  private enum CodingKeys: String, CodingKey {
    case schema, page, report, bytes, seconds, joins
    case proxySeconds = "proxy_seconds"
  }

  init(_ result: ReviewResult) {
    page = result.page
    report = result.reportPath
    bytes = result.bytes
    seconds = (result.seconds * 1000).rounded() / 1000
    proxySeconds = (result.proxySeconds * 1000).rounded() / 1000
    joins = result.joins.map { Join(index: $0.index, frame: $0.frame, verdict: $0.verdict, reason: $0.reason) }
  }

  /// For people: the page, then the joins, worst first.
  static func lines(_ result: ReviewResult) -> [String] {
    [result.page]
      + result.joins.sorted { $0.rank < $1.rank }.map {
        "join \($0.index) at #\($0.frame): \($0.verdict): \($0.reason)"
      }
  }
}
