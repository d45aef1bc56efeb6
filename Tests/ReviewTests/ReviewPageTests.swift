import Foundation
import Review
import Stitching
import Support
import Synchronization
import Testing

/// The page in headless Chromium, and the files beside it against ffmpeg.
@Suite(.media) struct ReviewPageTests {
  @Test(
    .enabled(if: Browser.isInstalled),
    arguments: [("page", 92), ("unreported", 14), ("single", 27), ("shots", 34), ("portrait", 24), ("many", 20)])
  func everythingWorksInABrowser(page: String, count: Int) throws {
    let checks = try Browser.checks.get().filter { $0.page == page }
    #expect(checks.filter { !$0.ok }.map { "\($0.name): \($0.detail)" } == [])
    #expect(checks.count >= count)
  }

  @Test(.enabled(if: Browser.isInstalled), arguments: ["page", "single", "shots"])
  func exportedDecisionsCanBeRead(page: String) throws {
    _ = try Browser.checks.get()
    let exported = try ReviewPages.get().fixture.folder.path("\(page).decisions.json")
    let decisions = try Decisions(path: exported)
    #expect(decisions.reviewers == ["Ada <b>"])
    #expect(decisions.picks.map(\.shot) == ["shot1"])
    let schema = ProjectFiles.path("presets/schema/decisions.json")
    #expect(try SchemaValidator.problems(of: exported, schema: schema) == [])
  }

  @Test func everyPageHasAReport() throws {
    let pages = try ReviewPages.get()
    for result in [pages.page, pages.single, pages.shots, pages.portrait, pages.many] {
      let schema = ProjectFiles.path("presets/schema/review.json")
      #expect(try SchemaValidator.problems(of: result.reportPath, schema: schema) == [])
    }
  }

  @Test func onePageCanHoldEverything() throws {
    let pages = try ReviewPages.get()
    let files = try FileManager.default.contentsOfDirectory(atPath: pages.fixture.folder.path("single")).sorted()
    #expect(files == ["index.html", "review.json"])
    struct Report: Decodable {
      struct Shot: Decodable { let takes: [Take] }
      struct Take: Decodable { let file: String? }
      let shots: [Shot]
    }
    let report = try JSONDecoder().decode(
      Report.self, from: Data(contentsOf: URL(filePath: pages.single.reportPath)))
    #expect(report.shots[0].takes.allSatisfy { $0.file != nil } && report.shots[1].takes.allSatisfy { $0.file == nil })
  }

  @Test func aProxyReplacesWhatBrowsersDoNotPlay() throws {
    let pages = try ReviewPages.get()
    let (fixture, page) = (pages.portraitFixture, pages.portrait)
    let proxy = fixture.folder.path("portrait/media/proxy.mp4")
    let probe = try MediaTool.run(
      "ffprobe",
      [
        "-v", "error", "-count_frames", "-show_entries", "stream=codec_name,pix_fmt,width,height,nb_read_frames", "-of",
        "csv=p=0", proxy,
      ])
    #expect(
      probe.text.trimmingCharacters(in: .whitespacesAndNewlines) == "h264,180,320,yuv420p,\(fixture.stitch.frames)")
    let keys = try MediaTool.run(
      "ffprobe",
      [
        "-v", "error", "-select_streams", "v", "-skip_frame", "nokey", "-show_entries", "frame=pts_time", "-of",
        "csv=p=0", proxy,
      ])
    let times = keys.text.split(separator: "\n").compactMap { Double($0.prefix { $0 != "," }) }
    #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 <= 1.001 } && times.count >= 3)
    #expect(!FileManager.default.fileExists(atPath: fixture.folder.path("portrait/media/master.mp4")))
    // The takes of the first shot are compared in the page.
    struct Report: Decodable {
      struct Shot: Decodable { let takes: [Take] }
      struct Take: Decodable { let file: String? }
      let shots: [Shot]
    }
    let report = try JSONDecoder().decode(Report.self, from: Data(contentsOf: URL(filePath: page.reportPath)))
    for take in report.shots[0].takes {
      let file = fixture.folder.path("portrait/\(try #require(take.file))")
      let codec = try MediaTool.run(
        "ffprobe", ["-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", file])
      #expect(codec.text.trimmingCharacters(in: .whitespacesAndNewlines) == "h264")
    }
  }

  @Test func stillsAreTheExactFrames() throws {
    let fixture = try ReviewPages.get().fixture
    let join = fixture.stitch.joins[0].frame
    for frame in join - 2..<join + 2 {
      let still = try Self.pixels(fixture.folder.path("page/stills/\(frame).jpg"), frame: 0)
      let distances = try (frame - 1...frame + 1).map {
        Self.distance(still, try Self.pixels(fixture.master, frame: $0))
      }
      #expect(distances[1] < 3 && distances[1] < distances[0] && distances[1] < distances[2], "\(frame): \(distances)")
    }
  }

  @Test func plainConcatenationShowsTheRepeatedFrame() throws {
    let fixture = try ReviewPages.get().fixture
    struct Report: Decodable {
      struct Join: Decodable { let plain: Plain? }
      struct Plain: Decodable {
        let repeated: Int
        let stills: [String]
        let at: Int
      }
      let joins: [Join]
    }
    let report = try JSONDecoder().decode(
      Report.self, from: Data(contentsOf: URL(filePath: fixture.folder.path("page/review.json"))))
    let plain = try #require(report.joins[0].plain)
    #expect(plain.repeated == 1)
    let last = try Self.pixels(fixture.folder.path("page/\(plain.stills[plain.at - 1])"), frame: 0)
    #expect(Self.distance(last, try Self.pixels(fixture.clips[0], frame: 23)) < 3)
    let next = try Self.pixels(fixture.folder.path("page/\(plain.stills[plain.at])"), frame: 0)
    #expect(Self.distance(last, next) < 3)
  }

  @Test func aMasterThatIsCutShortIsReported() throws {
    let fixture = try ReviewPages.get().fixture
    let whole = try Data(contentsOf: URL(filePath: fixture.master))
    let path = try fixture.folder.write("cut.mp4", whole.prefix(whole.count * 2 / 3))
    let events = Mutex<[ReviewEvent]>([])
    _ = try ReviewWriter(ReviewSubject(title: "x", master: path), options: ReviewOptions())
      .write(to: fixture.folder.path("cut")) { event in events.withLock { $0.append(event) } }
    let reasons = events.withLock { $0.compactMap { if case .endsEarly(let reason) = $0 { reason } else { nil } } }
    #expect(reasons.count == 1 && reasons[0].contains("cut short"), "\(reasons)")
  }

  @Test func damagedAudioIsReported() throws {
    let fixture = try ReviewPages.get().fixture
    let listing = try MediaTool.run(
      "ffprobe",
      ["-v", "error", "-select_streams", "a", "-show_entries", "packet=pos,size", "-of", "csv=p=0", fixture.master])
    let places = listing.text.split(separator: "\n").map { $0.split(separator: ",").compactMap { Int($0) } }
    var data = try Data(contentsOf: URL(filePath: fixture.master))
    for place in places.dropFirst(20).prefix(20) {
      let (size, start) = (place[0], place[1])
      data.replaceSubrange(start..<start + size, with: [UInt8](repeating: 0xA5, count: size))
    }
    let path = try fixture.folder.write("damaged.mp4", data)
    let events = Mutex<[ReviewEvent]>([])
    _ = try ReviewWriter(ReviewSubject(title: "x", master: path), options: ReviewOptions())
      .write(to: fixture.folder.path("damaged")) { event in events.withLock { $0.append(event) } }
    let reasons = events.withLock { $0.compactMap { if case .damagedAudio(let reason) = $0 { reason } else { nil } } }
    #expect(reasons.count == 1, "\(reasons)")
  }

  @Test func anEarlierPageIsReplacedOnlyWhenAsked() throws {
    let folder = try ScratchFolder()
    let subject = ReviewSubject(title: "nothing yet", master: nil)
    var options = ReviewOptions()
    func write(_ name: String) throws -> ReviewResult {
      try ReviewWriter(subject, options: options).write(to: folder.path(name))
    }
    _ = try write("page")
    #expect(throws: ReviewError.self) { try write("page") }
    try folder.write("mine.txt", "mine")
    options.overwrite = true
    #expect(FileManager.default.fileExists(atPath: try write("page").page))
    #expect(throws: ReviewError.self) {
      try ReviewWriter(subject, options: options).write(to: folder.url.path(percentEncoded: false))
    }
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path(percentEncoded: false))
    #expect(left.filter { $0.contains(".part") } == [])
  }

  private static func pixels(_ path: String, frame: Int) throws -> [UInt8] {
    let result = try MediaTool.run(
      "ffmpeg",
      [
        "-v", "error", "-i", path, "-vf", "select=eq(n\\,\(frame)),scale=96:54:flags=area,format=gray", "-frames:v",
        "1",
        "-f", "rawvideo", "-",
      ])
    return Array(result.output)
  }

  private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Double {
    guard one.count == other.count, !one.isEmpty else { return .infinity }
    return zip(one, other).reduce(0.0) { $0 + abs(Double($1.0) - Double($1.1)) } / Double(one.count)
  }
}
