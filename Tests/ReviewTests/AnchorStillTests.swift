import Files
import Foundation
import Review
import Support
import Testing

/// The small stills that are kept beside anchors, as pages show them.
@Suite(.media) struct AnchorStillTests {
  private let folder: ScratchFolder
  private let anchor: String
  private var stills: String { folder.path("anchors/stills") }

  init() throws {
    folder = try ScratchFolder()
    anchor = folder.path("anchors/a.png")
    try FileManager.default.createDirectory(atPath: folder.path("anchors"), withIntermediateDirectories: true)
    try Self.draw("red", to: anchor)
  }

  private static func draw(_ color: String, to path: String) throws {
    let source = "color=\(color):size=1280x720,noise=alls=20:all_seed=1"
    try MediaTool.ffmpeg(["-f", "lavfi", "-i", source, "-frames:v", "1", path], in: URL(filePath: "/"))
  }

  /// The still of the anchor in a page written now.
  private func shown(_ page: String, sha256: String) throws -> Data {
    var subject = ReviewSubject(title: "x", master: nil)
    var shot = ReviewShot(id: "a")
    shot.anchor = ReviewAnchor(path: anchor, sha256: sha256, frame: nil)
    subject.shots = [shot]
    _ = try ReviewWriter(subject, options: ReviewOptions()).write(to: folder.path(page))
    return try Data(contentsOf: URL(filePath: folder.path("\(page)/stills/anchor1.jpg")))
  }

  @Test func isMadeOnceAndOnlyForItsAnchor() throws {
    let digest = try SHA256Text.ofFile(anchor).sha256
    let kept = "\(stills)/\(digest).jpg"
    let red = try shown("1", sha256: digest)
    #expect(FileManager.default.contents(atPath: kept) == red)
    // What is kept is shown, unless it is not whole or the anchor is another.
    let other = folder.path("other.jpg")
    try Self.draw("green", to: other)
    let green = try Data(contentsOf: URL(filePath: other))
    try green.write(to: URL(filePath: kept))
    #expect(try shown("2", sha256: digest) == green)
    try green.dropLast(100).write(to: URL(filePath: kept))
    #expect(try shown("3", sha256: digest) == red)
    #expect(FileManager.default.contents(atPath: kept) == red)
    try Self.draw("blue", to: anchor)
    let blue = try shown("4", sha256: digest)
    #expect(blue != red && blue != green)
    #expect(FileManager.default.contents(atPath: kept) == red)
  }

  @Test func ofReplacedAnchorsAreRemoved() throws {
    try FileManager.default.createDirectory(atPath: stills, withIntermediateDirectories: true)
    let old = String(repeating: "a", count: 64) + ".jpg"
    for name in [old, "mine.jpg"] { try Data("x".utf8).write(to: URL(filePath: "\(stills)/\(name)")) }
    let digest = try SHA256Text.ofFile(anchor).sha256
    _ = try shown("page", sha256: digest)
    let left = Set(try FileManager.default.contentsOfDirectory(atPath: stills))
    #expect(left == ["\(digest).jpg", "mine.jpg"])
  }

  @Test func whatIsNoDigestNamesNoFile() throws {
    _ = try shown("page", sha256: "../../outside")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("anchors")) == ["a.png"])
    #expect(!FileManager.default.fileExists(atPath: folder.path("outside.jpg")))
  }
}
