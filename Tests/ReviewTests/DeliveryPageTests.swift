import Delivery
import Foundation
import Review
import Support
import Testing

/// The QC report of a delivery in headless Chromium.
@Suite struct DeliveryPageTests {
  private struct Findings: Decodable {
    let requests: Int
    let problems: [String]
    let scripts: Int
    let headings: [String]
    let rows: [[String]]
    let facts: [String]
    let wide: [Int]
    let paper: String
    let pages: Int
    let violations: [String]
  }

  /// Text that a page must show and never act on.
  private static let hostile = #"</style><script>alert(1)</script><img src=x onerror=alert(1)> "&' é\#u{301}"#

  private func manifest() throws -> DeliveryManifest {
    func text(_ value: String) throws -> String { String(decoding: try JSONEncoder().encode(value), as: UTF8.self) }
    let hostile = try text(Self.hostile)
    let digest = String(repeating: "ab", count: 32)
    let marks = #"{"digital_source_type":"trainedAlgorithmicMedia","creator_tool":\#(hostile),"models":\#(hostile)}"#
    let check = #"{"measured":\#(hostile),"expected":\#(hostile),"place":\#(hostile)"#
    let json = #"""
      {"schema":"longtake.manifest/1","tool":"longtake 9","created":"2026-11-28T09:00:00Z",
      "masters":[{"file":\#(hostile),"sha256":"\#(digest)","bytes":5000000,"duration":12.5,"frames":300,"frame_rate":"24/1",
      "provenance":{\#(hostile):\#(hostile)},"ingredients":[{"file":\#(hostile)}]}],
      "files":[{"file":\#(hostile),"preset":"p","sha256":"\#(digest)","bytes":1000,"duration":12.5,"marking":\#(marks),
      "video":{"codec":"h264","width":3840,"height":2160,"frame_rate":"24/1","frames":300,"head_frames":0,
      "master_frame_rate":"24/1"},"verdict":"warn","verify_preset":\#(hostile),"problems":[],"master_sha256":"\#(digest)",
      "checks":[\#(check),"check":"video.size","outcome":"pass","remark":null},
      \#(check),"check":"video.black","outcome":"warn","remark":\#(hostile)},
      {"check":"audio.hum","outcome":"not_run","measured":"","expected":"","place":"no audio","remark":null}]},
      {"file":"old.mov","preset":"p","sha256":"\#(digest)","bytes":1000,"duration":1,"marking":{},"verdict":"pass",
      "verify_preset":"v","problems":[],"master_sha256":"\#(digest)"}]}
      """#
    return try JSONDecoder().decode(DeliveryManifest.self, from: Data(json.utf8))
  }

  @Test(.enabled(if: Browser.isInstalled)) func showsEverythingAndRunsNothing() async throws {
    let folder = try ScratchFolder()
    try DeliveryPage(manifest()).write(to: folder.path(""))
    let tool = ProjectFiles.path("Tests/ReviewTests/browser/delivery_check.py")
    let result = try await OutsideProgram.run(Browser.python, [tool, folder.path(DeliveryPage.fileName)])
    try #require(result.status == 0, "\(result.errors)")
    let found = try JSONDecoder().decode(Findings.self, from: result.output)
    #expect(found.problems == [] && found.requests == 1 && found.scripts == 0)
    let shown = Self.hostile
    #expect(found.headings == ["Files", "Master: \(shown)", "\(shown) warn", "old.mov pass"])
    #expect(found.facts.contains(shown) && found.facts.contains("h264, 3840×2160, 300 frames at 24/1"))
    // Broken rules first, each with its remark.
    #expect(
      found.rows == [
        ["warn", "video.black", shown, shown, shown], ["", shown], ["pass", "video.size", shown, shown, shown],
        ["not run", "audio.hum", "", "", "no audio"],
      ])
    #expect(found.wide == [] && found.violations == [])
    #expect(found.paper == "rgb(255, 255, 255)" && found.pages == 3)
  }

  @Test func anotherPageIsNotReplaced() throws {
    let folder = try ScratchFolder()
    try DeliveryPage.requireReplaceable(in: folder.path, overwrite: false)
    try DeliveryPage(manifest()).write(to: folder.path)
    try DeliveryPage.requireReplaceable(in: folder.path, overwrite: false)
    try folder.write(DeliveryPage.fileName, "mine")
    #expect(throws: ReviewError.self) { try DeliveryPage.requireReplaceable(in: folder.path, overwrite: false) }
    try DeliveryPage.requireReplaceable(in: folder.path, overwrite: true)
  }
}
