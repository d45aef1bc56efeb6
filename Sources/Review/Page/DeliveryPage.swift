public import Delivery
import Files
import Foundation
import Mustache
import Probing
import Verification

/// The QC report of a delivery folder: what each file is, how it was made, and every check, as a page that prints.
///
/// It has no script and loads nothing; text from outside is escaped.
public struct DeliveryPage {
  public static let fileName = "qc.html"
  private static let generator = "longtake deliver"
  /// Bytes of a file in which the name of its generator stands.
  private static let headBytes = 64 << 10
  /// Outcomes in the order of the rows.
  private static let order = ["fail", "warn", "inconclusive", "info", "pass", "not_run"]

  private let manifest: DeliveryManifest
  private let failed: [Deliverable]
  private let text = PageText.english

  /// - Parameter failed: files that were not delivered now.
  public init(_ manifest: DeliveryManifest, failed: [Deliverable] = []) {
    self.manifest = manifest
    self.failed = failed
  }

  /// Refuses to replace a page of somebody else.
  /// - Throws: ``ReviewError`` `cannotCreate`, also when the files that the page is made of are missing.
  public static func requireReplaceable(in folder: String, overwrite: Bool) throws(ReviewError) {
    try PageFile.requireAll()
    let path = "\(folder)/\(fileName)"
    guard !overwrite, FileManager.default.fileExists(atPath: path) else { return }
    let handle = FileHandle(forReadingAtPath: path)
    defer { try? handle?.close() }
    let head = String(decoding: (try? handle?.read(upToCount: headBytes)) ?? Data(), as: UTF8.self)
    guard head.contains(#"<meta name="generator" content="\#(generator)">"#) else {
      throw ReviewError(
        .cannotCreate, "is not a QC report of this program; choose another folder or add --overwrite", file: path)
    }
  }

  /// Writes the page beside the manifest.
  /// - Throws: `FileError`.
  public func write(to folder: String) throws {
    try OutputFile.replace("\(folder)/\(Self.fileName)", with: try html().utf8)
  }

  /// - Throws: ``ReviewError`` when a file of the page is missing; what the template library says of a template.
  public func html() throws -> String {
    MustacheContentTypes.register(PageEscaping(), named: PageEscaping.name)
    let style = try PageFile.pageStyle.text() + PageFile.deliveryStyle.text()
    let template = try MustacheTemplate(string: PageFile.delivery.text())
    let files = delivered + undelivered
    let clean = files.count { ($0["verdict"] as? String) == "pass" }
    let worst: String =
      ["fail", "warn"].first { word in files.contains { $0["verdict"] as? String == word } } ?? "pass"
    let date = manifest.created.map { text["delivery.by", ["tool": manifest.tool, "date": PageContext.date($0)]] }
    return MustacheLibrary(templates: ["page": template]).render(
      [
        "t": text.nested, "style": style, "policy": PagePolicy.text(style: style), "generator": Self.generator,
        "title": manifest.masters.map(\.file).joined(separator: ", "), "verdict": worst,
        "verdictText": text["verify.\(worst)"],
        "summary": text["delivery.summary", ["n": "\(clean)", "of": "\(files.count)"]],
        "by": date ?? text["delivery.printed", ["tool": manifest.tool]], "files": files, "masters": masters,
      ], withTemplate: "page") ?? ""
  }

  // MARK: - Files

  private var delivered: [[String: Any]] {
    manifest.files.enumerated().map { number, file in
      let master = manifest.masters.first { $0.sha256 == file.masterSHA256 }?.file
      return context(
        "file-\(number + 1)", file: file.file, preset: file.preset, verdict: file.verdict,
        verifyPreset: file.verifyPreset, digest: file.sha256, bytes: file.bytes, duration: file.duration,
        video: file.video, audio: file.audio, marking: file.marking, master: master, checks: file.checks)
    }
  }

  /// Nothing is left of these but why.
  private var undelivered: [[String: Any]] {
    failed.filter { !$0.isDelivered }.enumerated().map { number, file in
      context(
        "failed-\(number + 1)", file: URL(filePath: file.file).lastPathComponent, preset: file.preset,
        verdict: file.verdict.rawValue, verifyPreset: file.verifyPreset, digest: "", bytes: file.bytes,
        duration: file.duration, video: file.video, audio: file.audio, marking: file.marking, master: nil,
        checks: file.checks)
    }
  }

  private func context(
    _ anchor: String, file: String, preset: String, verdict: String, verifyPreset: String, digest: String,
    bytes: Int64, duration: Double, video: Deliverable.Video?, audio: Deliverable.Audio?, marking: Deliverable.Marks,
    master: String?, checks: [Deliverable.Check]?
  ) -> [String: Any] {
    let isDelivered = verdict != "fail"
    var rows: [(String, String?)] = [
      (text["delivery.preset"], preset), (text["delivery.made"], master),
      (text["delivery.length"], PageContext.clock(duration)), (text["delivery.size"], PageContext.bytes(bytes)),
    ]
    rows.append((text["delivery.video"], video.map(Self.text)))
    rows.append((text["delivery.audio"], audio.map(Self.text) ?? text["delivery.silent"]))
    if !digest.isEmpty { rows.append((text["delivery.digest"], digest)) }
    let marks = [
      (text["delivery.source"], marking.sourceType), (text["delivery.creator"], marking.creatorTool),
      (text["delivery.models"], marking.models), (text["delivery.prompt"], marking.promptSHA256),
      ("AIGC", marking.aigc), ("C2PA", marking.c2paGenerator),
    ]
    let ordered = Self.order.flatMap { outcome in (checks ?? []).filter { $0.outcome == outcome } }
    return [
      "anchor": anchor, "file": file, "preset": preset, "verdict": verdict, "digest": digest,
      "verdictText": isDelivered ? text["verify.\(verdict)"] : text["delivery.failed"],
      "length": PageContext.clock(duration), "size": PageContext.bytes(bytes),
      "facts": groups([(text["delivery.facts"], rows), (text["delivery.marking"], marks)]),
      "heading": text["delivery.checks", ["preset": verifyPreset]], "unchecked": checks == nil,
      "checks": ordered.map(context),
    ]
  }

  private func context(_ check: Deliverable.Check) -> [String: Any] {
    [
      "outcome": check.outcome, "check": check.check, "measured": check.measured, "expected": check.expected,
      "place": check.place, "remark": PageContext.shown(check.remark),
      "outcomeText": check.outcome == "not_run" ? text["delivery.not_run"] : text["verify.\(check.outcome)"],
    ]
  }

  private var masters: [[String: Any]] {
    manifest.masters.map { master in
      let own: [(String, String?)] = [
        (text["facts.frames"], "\(master.frames) (\(PageContext.clock(master.duration)))"),
        (text["facts.rate"], master.frameRate), (text["delivery.size"], PageContext.bytes(master.bytes)),
        (text["delivery.digest"], master.sha256),
      ]
      let provenance = master.provenance.sorted { $0.key < $1.key }.map { ($0.key, Optional($0.value)) }
      let ingredients = master.ingredients.map { ($0.file, Optional($0.sourceType?.rawValue ?? $0.c2pa?.label ?? "")) }
      return [
        "file": master.file,
        "facts": groups([
          (text["delivery.facts"], own), (text["facts.origin"], provenance),
          (text["delivery.ingredients"], ingredients),
        ]),
      ]
    }
  }

  private func groups(_ groups: [(String, [(String, String?)])]) -> [[String: Any]] {
    groups.compactMap { name, rows in
      let shown = rows.compactMap { name, value in value.map { ["name": name, "value": $0] } }
      return shown.isEmpty ? nil : ["name": name, "rows": shown]
    }
  }

  private static func text(_ video: Deliverable.Video) -> String {
    "\(video.codec), \(video.width)×\(video.height), \(counted(video.frames, "frame")) at \(video.frameRate)"
  }

  private static func text(_ audio: Deliverable.Audio) -> String {
    let levels = [
      audio.integratedLUFS.map { String(format: "%.1f LUFS", $0) },
      audio.truePeakDBTP.map { String(format: "%.1f dBTP", $0) },
    ].compactMap(\.self)
    return (["\(audio.codec), \(audio.sampleRate) Hz, \(audio.channels)"] + levels).joined(separator: ", ")
  }
}
