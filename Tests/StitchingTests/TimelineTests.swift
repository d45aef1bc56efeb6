import Foundation
import Stitching
import Support
import Testing
import Timing

/// Timelines for editing programs, read back by OpenTimelineIO and its adapters.
@Suite(.media, .enabled(if: FileManager.default.fileExists(atPath: TimelineReading.python))) struct TimelineTests {
  /// The rate as `ffmpeg` takes it, and the timecode of each clip's first frame with its number.
  struct Clock: Sendable, CustomTestStringConvertible {
    let rate: String
    let timecode: String?
    let first: Int
    var testDescription: String { "\(rate) from \(timecode ?? "zero")" }
  }

  private static let clocks = [
    Clock(rate: "24", timecode: nil, first: 0), Clock(rate: "24000/1001", timecode: "01:00:00:00", first: 86_400),
    Clock(rate: "30000/1001", timecode: "00:59:59;28", first: 107_890),
  ]

  /// Every frame between two joins is looked up in its source and compared; only re-encoded frames may differ.
  @Test(arguments: clocks)
  func sourceRangesHoldTheFramesOfTheMaster(clock: Clock) async throws {
    let film = try Self.film(clock)
    let timeline = try EditTimeline(film.report, of: film.master, name: "A <b> & „c“", folders: [])
    #expect(film.report.shots.map(\.framesKept) == [28, 28, 29])
    let master = try MediaTool.frameDigests(of: film.master)
    for (format, reading) in try await TimelineReading.all(timeline) {
      #expect(reading.name == "A <b> & „c“")
      if format == .edl || clock.timecode == nil {
        #expect(reading.start == nil || reading.start == 0)
      } else {
        #expect(reading.start == clock.first)
      }
      let video = try #require(reading.tracks.first { $0.kind == "Video" })
      #expect(video.items.map(\.kind) == ["clip", "clip", "clip"])
      #expect(video.items.map(\.count).reduce(0, +) == master.count)
      for (item, shot) in zip(video.items, film.report.shots) {
        #expect(item.file == shot.file)
        if let available = item.available { #expect(available == [clock.first, shot.framesIn]) }
        let first = Int(item.source ?? -1) - clock.first
        try #require(first >= 0 && first + item.count <= shot.framesIn)
        let source = Array(try MediaTool.frameDigests(of: shot.file)[first..<first + item.count])
        let shown = Array(master[item.record..<item.record + item.count])
        #expect(zip(source, shown).count { $0 == $1 } == shot.framesCopied)
        #expect(shot.framesCopied > 0)
        // One frame earlier or later, nothing fits.
        #expect(zip(source.dropFirst(), shown).count { $0 == $1 } == 0)
      }
      if format == .otio || format == .fcp7 {
        let audio = try #require(reading.tracks.first { $0.kind == "Audio" })
        #expect(audio.items.map(\.source) == video.items.map(\.source))
        #expect(audio.items.map(\.record) == video.items.map(\.record))
      }
      // The adapter for lists does not read locators of drop-frame timecode.
      if format != .edl || clock.first != 107_890 {
        let joins = reading.markers.filter { $0.name.hasPrefix("Join") }.map(\.frame).sorted()
        #expect(joins == [28, 56].map { format == .edl ? $0 + clock.first : $0 }, "\(format)")
      }
    }
  }

  @Test func aDissolveShowsTheFramesOfBothClips() async throws {
    let chain = try Self.chain(Self.clocks[0])
    var shots = chain.paths.map { StitchShot(path: $0) }
    shots[1].transition = StitchTransition(kind: .dissolve, duration: .frame(7))
    let master = chain.folder.path("m.mov")
    let report = try stitched(shots, to: master) { $0.overlap = .keep }
    let timeline = try EditTimeline(report, of: master, folders: [])
    for (format, reading) in try await TimelineReading.all(timeline) {
      let items = try #require(reading.tracks.first { $0.kind == "Video" }?.items)
      #expect(items.map(\.kind) == ["clip", "transition", "clip", "clip"])
      #expect(items[1].record == 22 && items[1].count == 7)
      // FCPXML centres a dissolve on its cut; the frames are the same.
      let shift = format == .fcpxml ? 3 : 0
      #expect(items[0].count == 22 + shift && items[2].source == Double(shift) && items[2].record == 22 + shift)
      #expect(items.filter { $0.kind == "clip" }.map(\.count).reduce(0, +) == report.frames)
    }
    // Both clips have frames for the whole dissolve.
    #expect(timeline.clips[0].kept.upperBound + 7 <= timeline.sources[0].frameCount)
  }

  /// Also a clip without audio, music, and a name that no format may take literally.
  @Test func conformedClipsKeepTheirOwnRate() async throws {
    let clips = try AudioClips()
    let paths = [
      try clips.clip("ä #1 & <2>.mov", seconds: 2, rate: "24", audioSource: AudioClips.lively),
      try clips.clip("b.mov", seconds: 2, rate: "30", hue: 90, audioSource: nil),
    ]
    let music = try clips.folder.make(
      "bed.wav", "-f", "lavfi", "-t", "1.5", "-i", "sine=frequency=400:sample_rate=48000")
    var conform = ConformOptions()
    conform.rateConversion = .duplicate
    var shots = paths.map { StitchShot(path: $0) }
    shots[1].trim = StitchTrim(parsing: "#12..#36")
    let master = clips.folder.path("m.mov")
    let report = try stitched(shots, to: master) {
      $0.video.conform = conform
      $0.audio.music = MusicOptions(file: music)
      $0.overlap = .keep
    }
    let timeline = try EditTimeline(report, of: master, folders: [])
    for (format, reading) in try await TimelineReading.all(timeline) {
      let items = try #require(reading.tracks.first { $0.kind == "Video" }?.items)
      #expect(items.map(\.file) == paths && items.map(\.count) == [48, 24] && items.map(\.record) == [0, 48])
      // A list has one rate: half a second is 12 frames of 24, and 15 of 30.
      #expect(items[1].source == (format == .edl ? 12 : 15), "\(format)")
      if format != .edl { #expect(items[1].rate == 30 && items[1].available == [0, 60], "\(format)") }
      guard format == .otio else { continue }
      #expect(reading.tracks.map(\.kind) == ["Video", "Audio", "Audio"])
      #expect(reading.tracks[1].items.map(\.kind) == ["clip", "gap"])
      #expect(reading.tracks[2].items.map(\.file) == [music] && reading.tracks[2].items.map(\.count) == [36])
    }
  }

  @Test func aRetimedMasterHasTheFramesOfItsShots() async throws {
    let chain = try Self.chain(Self.clocks[0])
    let rate = try #require(FrameRate(24_000, 1001))
    let master = chain.folder.path("m.mov")
    let report = try stitched(chain.paths.map { StitchShot(path: $0) }, to: master) {
      $0.retime = RetimeOptions(rate: rate)
      $0.overlap = .fixed(1)
    }
    let timeline = try EditTimeline(report, of: master, folders: [])
    #expect(timeline.rate == rate && timeline.sources.allSatisfy { $0.rate == rate && $0.frameCount == 29 })
    for (format, reading) in try await TimelineReading.all(timeline) {
      let items = try #require(reading.tracks.first { $0.kind == "Video" }?.items)
      #expect(items.map(\.count) == [28, 28, 29] && items.allSatisfy { $0.source == 0 }, "\(format)")
    }
  }

  @Test func aMasterWithoutAReportIsCutAtItsJoins() async throws {
    let film = try Self.film(Self.clocks[1])
    let timeline = try EditTimeline(master: film.master, joins: [28, 56], names: ["a", "b", "c"])
    let readings = try await TimelineReading.all(timeline)
    let items = try #require(readings.first { $0.format == .fcp7 }?.reading.tracks.first { $0.kind == "Video" }?.items)
    #expect(items.compactMap(\.name) == ["a", "b", "c"] && items.allSatisfy { $0.file == film.master })
    #expect(items.compactMap(\.source) == [86_400, 86_428, 86_456])
  }

  @Test func theReportMustBeOfTheMaster() throws {
    let film = try Self.film(Self.clocks[0])
    #expect(throws: StitchError.self) { try EditTimeline(film.report, of: film.chain.paths[0], folders: []) }
  }

  /// What is planned is what will be: `stitch --dry-run --otio` writes the timeline of the master to come.
  @Test func aPlansTimelineIsThatOfItsMaster() throws {
    let film = try Self.film(Self.clocks[1])
    let options = StitchOptions()
    let plan = try StitchPlan(film.chain.paths.map { StitchShot(path: $0) }, options: options)
    let planned = try EditTimeline(plan, options: options, master: film.master)
    let written = try EditTimeline(film.report, of: film.master, folders: [])
    #expect(try InterchangeFormat.otio.data(of: planned) == InterchangeFormat.otio.data(of: written))
  }

  // MARK: - Media

  private static func chain(_ clock: Clock) throws -> ChainClips {
    var style = ChainClips.Style.quick
    style.rate = clock.rate
    style.container = "mov"
    style.codec += ["-g", "8"] + (clock.timecode.map { ["-timecode", $0] } ?? [])
    return try ChainClips(count: 3, length: 29, style: style)
  }

  private struct Film: Sendable {
    let chain: ChainClips
    let master: String
    let report: StitchReport
  }

  private static let films = OnceCache<Film>()

  private static func film(_ clock: Clock) throws -> Film {
    try films.value(for: clock.rate) {
      let chain = try chain(clock)
      let master = chain.folder.path("m.mov")
      let report = try stitched(chain.paths.map { StitchShot(path: $0) }, to: master)
      return Film(chain: chain, master: master, report: report)
    }.value
  }
}

/// A timeline as `timeline_reader.py` reads it.
struct TimelineReading: Decodable {
  static let python = ProjectFiles.path(".build/otio/bin/python3")

  struct Item: Decodable {
    let kind: String
    let record: Int
    let count: Int
    let name: String?
    let file: String?
    let source: Double?
    let rate: Double?
    let available: [Int]?
  }

  struct Track: Decodable {
    let kind: String
    let items: [Item]
  }

  struct Marker: Decodable {
    let name: String
    let frame: Int
    let count: Int
  }

  let name: String
  let start: Int?
  let tracks: [Track]
  let markers: [Marker]

  /// As every format gives it.
  static func all(
    _ timeline: EditTimeline
  ) async throws -> [(format: InterchangeFormat, reading: TimelineReading)] {
    let folder = try ScratchFolder()
    let formats = InterchangeFormat.allCases
    let files = try formats.map { try folder.write("t.\($0.fileExtension)", try $0.data(of: timeline)) }
    let tool = ProjectFiles.path("Tests/Support/timeline_reader.py")
    let result = try await OutsideProgram.run(Self.python, [tool, timeline.rate.description] + files)
    try #require(result.status == 0, "\(result.errors)")
    return Array(zip(formats, try JSONDecoder().decode([Self].self, from: result.output)))
  }
}
