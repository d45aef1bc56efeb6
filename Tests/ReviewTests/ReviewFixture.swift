import Files
import Foundation
import Review
import Stitching
import Support

/// A small chain of three shots, stitched, and its page.
struct ReviewFixture {
  let folder: ScratchFolder
  let master: String
  let stitch: StitchReport
  let clips: [String]

  /// Prompts that would break out of the page if they could.
  static let prompts: [[String]] = [
    ["</script><script>window.hacked = 1</script> \"quoted\" 'single' <img src=x onerror=\"window.hacked = 1\">"],
    [
      "\u{202E}right to left\u{202C} مرحبا 🎬\u{1F468}\u{200D}\u{1F469} \"\u{301} onmouseover=window.hacked=1 x=\"\u{301}"
    ],
    [
      String(repeating: "A very long prompt & more. ", count: 93),
      "line one\nline two <b>bold</b> {{title}} {{{data}}}",
    ],
  ]

  /// - Parameters:
  ///   - size: of the frames, `WIDTHxHEIGHT`.
  ///   - video: ffmpeg's options of the video encoder.
  init(
    size: String = "320x180", hasAudio: Bool = true,
    video: [String] = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "12", "-pix_fmt", "yuv420p"]
  ) throws {
    let folder = try ScratchFolder()
    let paths = try (0..<3).map { number in
      let name = "shot\(number + 1).mp4"
      // Each shot continues the one before: the same moving source, a second later, its first frame the last one's.
      let start = Double(number) * 23 / 24
      let audio =
        hasAudio
        ? ["-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000:duration=1", "-c:a", "aac", "-shortest"] : []
      try MediaTool.ffmpeg(
        [
          "-f", "lavfi", "-i",
          "testsrc2=size=\(size):rate=24:duration=4,trim=start=\(start):duration=1,setpts=PTS-STARTPTS",
        ]
          + audio.prefix(4) + ["-frames:v", "24"] + video + audio.dropFirst(4) + [name], in: folder.url)
      return folder.path(name)
    }
    clips = paths
    self.folder = folder
    var options = StitchOptions()
    options.writesChapters = true
    let output = folder.path("master.mp4")
    master = output
    let plan = try StitchPlan(paths.map { StitchShot(path: $0) }, options: options)
    stitch = try Stitcher(plan, options: options).write(to: output)
  }

  /// The master with its shots, two takes of the first.
  var subject: ReviewSubject {
    var subject = ReviewSubject(title: "Film </title><script>window.hacked = 1</script>", master: master)
    subject.stitch = stitch
    subject.shots = clips.enumerated().map { number, clip in
      var shot = ReviewShot(id: number == 1 ? "b<i>\"'&" : "shot\(number + 1)")
      shot.prompt = Self.prompts[number]
      shot.model = "a model"
      shot.takes = (1...(number == 0 ? 2 : 1)).map {
        ReviewTake(number: $0, isChosen: $0 == 1, state: "verified", path: clip)
      }
      return shot
    }
    return subject
  }

  func write(_ subject: ReviewSubject? = nil, to name: String = "page", singleFile: Bool = false) throws -> ReviewResult
  {
    var options = ReviewOptions()
    options.isSingleFile = singleFile
    return try ReviewWriter(subject ?? self.subject, options: options).write(to: folder.path(name))
  }
}

/// One fixture with a page of each kind, for all tests that only look at them.
struct ReviewPages {
  let fixture: ReviewFixture
  let page: ReviewResult
  let single: ReviewResult
  /// Without a master.
  let shots: ReviewResult

  private static let shared = Result {
    let fixture = try ReviewFixture()
    var shots = fixture.subject
    shots.master = nil
    shots.stitch = nil
    return ReviewPages(
      fixture: fixture, page: try fixture.write(), single: try fixture.write(to: "single", singleFile: true),
      shots: try fixture.write(shots, to: "shots"))
  }

  static func get() throws -> ReviewPages { try shared.get() }
}

/// Review pages in a real browser.
enum Browser {
  struct Check: Decodable {
    /// The page's folder.
    let page: String
    let name: String
    let ok: Bool
    let detail: String
  }

  struct Failure: Error, CustomStringConvertible { let description: String }

  private static let python = ProjectFiles.path(".build/browser/bin/python3")
  /// Whether `scripts/setup --tests` could install what drives the browser.
  static let isInstalled = FileManager.default.isExecutableFile(atPath: python)

  /// What `browser_check.py` finds in all pages, in one browser.
  static let checks = Result {
    let pages = try ReviewPages.get()
    let shots = try pages.fixture.folder.write(
      "shots.json", try JSONEncoder().encode(ReviewFixture.prompts.map { ["prompt": $0] }))
    let result = try MediaTool.run(
      python,
      [
        ProjectFiles.path("Tests/ReviewTests/browser_check.py"), shots, pages.page.page, pages.single.page,
        pages.shots.page,
      ])
    guard result.status == 0 else { throw Failure(description: result.errors) }
    return try result.text.split(separator: "\n").map { try JSONDecoder().decode(Check.self, from: Data($0.utf8)) }
  }
}
