import Files
import Foundation
import Presets
import Review
import Stitching
import Support

/// A small chain of shots, stitched, and its page.
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
  ///   - frames: of each shot.
  ///   - repeats: how often the three shots come.
  ///   - video: ffmpeg's options of the video encoder.
  init(
    size: String = "320x180", hasAudio: Bool = true, frames: Int = 24, repeats: Int = 1,
    video: [String] = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "12", "-pix_fmt", "yuv420p"]
  ) throws {
    let folder = try ScratchFolder()
    let paths = try (0..<3).map { number in
      let name = "shot\(number + 1){frame}.mp4"
      // Each shot continues the one before: the same moving source, a second later, its first frame the last one's.
      let start = Double(number) * Double(frames - 1) / 24
      let audio =
        hasAudio
        ? ["-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000:duration=1", "-c:a", "aac", "-shortest"] : []
      try MediaTool.ffmpeg(
        [
          "-f", "lavfi", "-i",
          "testsrc2=size=\(size):rate=24:duration=4,trim=start=\(start):duration=1,setpts=PTS-STARTPTS",
        ]
          + audio.prefix(4) + ["-frames:v", "\(frames)"] + video + audio.dropFirst(4) + [name], in: folder.url)
      return folder.path(name)
    }
    clips = (0..<repeats).flatMap { _ in paths }
    self.folder = folder
    var options = StitchOptions()
    options.writesChapters = true
    let output = folder.path("master.mp4")
    master = output
    let plan = try StitchPlan(clips.map { StitchShot(path: $0) }, options: options)
    stitch = try Stitcher(plan, options: options).write(to: output)
  }

  /// The master with its shots, two takes of the first.
  var subject: ReviewSubject {
    var subject = ReviewSubject(title: "Film </title><script>window.hacked = 1</script>", master: master)
    subject.stitch = stitch
    subject.verification = Self.verification
    subject.shots = clips.enumerated().map { number, clip in
      var shot = ReviewShot(
        id: number == 1 ? "b<i>\"'&{frame}" + String(repeating: "x", count: 64) : "shot\(number + 1)")
      shot.prompt = Self.prompts[number % Self.prompts.count]
      shot.model = "a model"
      shot.takes = (1...(number == 0 ? 2 : 1)).map {
        ReviewTake(number: $0, isChosen: $0 == 1, state: "verified", path: clip)
      }
      return shot
    }
    return subject
  }

  /// As `verify --json` writes it: an upscaled master with a fault at half a second.
  private static let verification: JSONValue = .object([
    "verdict": .string("warn"), "preset": .string("a preset"), "measurements": .object([:]),
    "findings": .array([
      .object([
        "check": .string("video.native_resolution"), "severity": .string("pass"), "status": .string("pass"),
        "actual": .string("upscaled"),
        "message": .string("native resolution upscaled, expected native: source about 160x90, confidence 80 %"),
      ]),
      .object([
        "check": .string("video.flashes"), "severity": .string("warn"), "status": .string("warn"),
        "message": .string("flashes 1 place, expected 0 places <b>"), "start": .number(0.5), "end": .number(0.6),
      ]),
    ]),
  ])

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
  /// Without a master, with the decisions of two reviewers.
  let shots: ReviewResult
  /// HEVC of 10 bits without audio, which browsers need a proxy for.
  let portrait: ReviewResult
  /// Of 39 shots.
  let many: ReviewResult
  let portraitFixture: ReviewFixture
  /// Keeps its folder.
  private let manyFixture: ReviewFixture

  private static let shared = Result {
    let fixture = try ReviewFixture()
    let portrait = try ReviewFixture(
      size: "180x320", hasAudio: false,
      video: [
        "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-tag:v", "hvc1", "-x265-params",
        "log-level=none:keyint=12",
      ])
    let many = try ReviewFixture(size: "96x54", hasAudio: false, frames: 4, repeats: 13)
    var shots = fixture.subject
    shots.master = nil
    shots.stitch = nil
    shots.verification = nil
    shots.decisions = try Self.decisions(fixture.folder)
    return ReviewPages(
      fixture: fixture, page: try fixture.write(), single: try fixture.write(to: "single", singleFile: true),
      shots: try fixture.write(shots, to: "shots"), portrait: try portrait.write(to: "portrait"),
      many: try many.write(to: "many"), portraitFixture: portrait, manyFixture: many)
  }

  /// Two reviewers who disagree, the one with a name that would turn the text after it around.
  private static func decisions(_ folder: ScratchFolder) throws -> Decisions {
    let note = """
      {"id":"n","shot":"shot1","reviewer":"Zoe","frame":null,"end_frame":null,"text":"Too dark </script>","drawing":[],
       "at":"2026-01-01T00:00:00Z"}
      """
    let files = try [("Bob \u{202E}<i>", "reject", 1, ""), ("Zoe", "approve", 2, note)].map { entry in
      let (name, decision, pick, note) = entry
      let path = try folder.write(
        "\(decision).json",
        """
        {"schema":"longtake.decisions/1","title":"Film","master":null,"reviewers":["\(name)"],
         "written":"2026-01-01T00:00:00Z","conflicts":[],"notes":[\(note)],
         "shots":[{"shot":"shot1","reviewer":"\(name)","decision":"\(decision)","pick":\(pick),"at":"2026-01-01T00:00:00Z"}]}
        """)
      return (path, try Decisions(path: path))
    }
    return try Decisions.merged(files, at: Date(timeIntervalSince1970: 0))
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

  static let python = ProjectFiles.path(".build/browser/bin/python3")
  /// Whether `scripts/setup --tests` could install what drives the browser.
  static let isInstalled = FileManager.default.isExecutableFile(atPath: python)

  /// What `browser/check.py` finds in all pages, in one browser.
  static let checks = Result {
    let pages = try ReviewPages.get()
    let shots = try pages.fixture.folder.write(
      "shots.json", try JSONEncoder().encode(ReviewFixture.prompts.map { ["prompt": $0] }))
    let result = try MediaTool.run(
      python,
      [
        ProjectFiles.path("Tests/ReviewTests/browser/check.py"), shots, pages.page.page, pages.single.page,
        pages.shots.page, pages.portrait.page, pages.many.page,
      ])
    guard result.status == 0 else { throw Failure(description: result.errors) }
    return try result.text.split(separator: "\n").map { try JSONDecoder().decode(Check.self, from: Data($0.utf8)) }
  }
}
