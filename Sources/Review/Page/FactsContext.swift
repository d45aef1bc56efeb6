import Foundation
import Presets

/// The truth panel: what the master is, by whom it was measured, and what it was made of.
struct FactsContext {
  private let report: ReviewReport
  private let text: PageText

  init(_ report: ReviewReport, text: PageText) {
    self.report = report
    self.text = text
  }

  /// Groups of names and values.
  var groups: [[String: Any]] {
    let all: [(String, [(String, String)])] = [
      (text["facts.file"], file), (text["facts.verdict"], verdict), (text["facts.origin"], origin),
      (text["facts.marking"], marking), (text["facts.digests"], digests), (text["facts.versions"], versions),
    ]
    return all.filter { !$0.1.isEmpty }.map { name, rows in
      ["name": name, "rows": rows.map { ["name": $0.0, "value": $0.1] }]
    }
  }

  private func measured(_ check: String) -> JSONValue? { report.verification?["measurements"]?[check]?["value"] }

  private func finding(_ check: String) -> JSONValue? {
    report.verification?["findings"]?.arrayValue?.first { $0["check"]?.stringValue == check }
  }

  private var file: [(String, String)] {
    guard let master = report.master else { return [] }
    var rows = [
      (text["facts.size"], "\(master.width)×\(master.height)"),
      (text["facts.rate"], "\(master.frameRate)\(master.isConstantRate ? "" : " " + text["facts.variable"])"),
      (text["facts.frames"], "\(master.frames) (\(PageContext.clock(master.duration)))"),
      (text["facts.codec"], "\(master.codec), \(master.pixelFormat)\(master.isHDR ? ", HDR" : "")"),
      (text["facts.bytes"], PageContext.bytes(master.bytes)),
    ]
    if let timecode = master.startTimecode { rows.append((text["facts.timecode"], timecode)) }
    rows.append((text["facts.resolution"], resolution))
    return rows
  }

  /// `native`, or what the estimate found, with its limits.
  private var resolution: String {
    let finding = finding("video.native_resolution")
    guard let master = report.master,
      let verdict = finding?["actual"]?.stringValue ?? measured("video.native_resolution")?.stringValue
    else { return text["facts.unmeasured"] }
    // A message is `check value, expected …: details`.
    let message = finding?["message"]?.stringValue ?? ""
    let detail = message.firstRange(of: ": ").map { " (\(message[$0.upperBound...]))" } ?? ""
    return
      "\(master.width)×\(master.height): \(text["facts.native.\(verdict)"])\(detail). \(text["facts.nativelimits"])"
  }

  private var verdict: [(String, String)] {
    guard let verification = report.verification else { return [(text["facts.preset"], text["facts.unverified"])] }
    let findings = verification["findings"]?.arrayValue ?? []
    let passed = findings.filter { $0["status"]?.stringValue == "pass" }.count
    let word = verification["verdict"]?.stringValue ?? ""
    return [
      (text["facts.preset"], verification["preset"]?.stringValue ?? ""), (text["facts.result"], text["verify.\(word)"]),
      (text["facts.checks"], text["facts.passed", ["n": "\(passed)", "of": "\(findings.count)"]]),
    ]
  }

  private var origin: [(String, String)] {
    guard let origin = report.origin else { return [] }
    var rows = [
      (text["facts.storyboard"], URL(filePath: origin.storyboard).lastPathComponent),
      (
        text["facts.provider"],
        origin.isSimulated ? text["facts.simulator", ["name": origin.provider]] : origin.provider
      ),
      (text["facts.model"], origin.model), (text["facts.cost"], PageContext.dollars(origin.costUSD)),
    ]
    if origin.uncertainUSD > 0 { rows.append((text["facts.uncertain"], PageContext.dollars(origin.uncertainUSD))) }
    return rows
  }

  private var marking: [(String, String)] {
    func found(_ check: String) -> String {
      switch measured(check)?.boolValue {
      case true: text["facts.found"]
      case false: text["facts.notfound"]
      default: text["facts.unmeasured"]
      }
    }
    guard report.verification != nil else { return [] }
    return [(text["facts.aigc"], found("provenance.aigc")), (text["facts.c2pa"], found("provenance.c2pa"))]
  }

  private var digests: [(String, String)] {
    var rows: [(String, String)] = []
    if let master = report.master { rows.append((master.file, master.sha256)) }
    if let origin = report.origin { rows.append((text["facts.storyboard"], origin.storyboardSHA256)) }
    for shot in report.shots {
      for take in shot.takes where take.isChosen {
        if let digest = take.sha256 {
          rows.append((text["facts.take", ["shot": shot.id, "n": "\(take.take)"]], digest))
        }
      }
    }
    return rows
  }

  private var versions: [(String, String)] {
    let own = report.version.isEmpty ? [] : [("longtake", report.version)]
    return own + (report.origin?.versions.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } ?? [])
  }
}
