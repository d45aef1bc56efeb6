import Foundation
import Stitching
import Support
import Testing

@Suite(.media) struct MetadataTests {
  private static let moment = Date(timeIntervalSince1970: 1_704_164_645)

  @Test(arguments: ["m.mp4", "m.mov"], [true, false])
  func isReadBackByFFprobe(name: String, hasOwnKeys: Bool) throws {
    let clips = try AudioClips()
    let paths = [
      try clips.clip("a.mp4", seconds: 1, audioSource: nil),
      try clips.clip("b.mp4", seconds: 1, hue: 90, audioSource: nil),
    ]
    let (path, _) = try clips.stitch(paths, to: name) {
      $0.metadata = ["title": "Hafen <b>& „Nacht“"]
      if hasOwnKeys { $0.metadata["longtake.model"] = "some model" }
      $0.creationTime = Self.moment
      $0.writesChapters = true
    }
    let format = try #require(try MediaTool.ffprobe(path)?["format"] as? [String: Any])
    let tags = try #require(format["tags"] as? [String: String])
    #expect(tags["title"] == "Hafen <b>& „Nacht“")
    #expect(tags["longtake.model"] == (hasOwnKeys ? "some model" : nil))
    #expect(tags["creation_time"] == "2024-01-02T03:04:05.000000Z")
    let chapters = try MediaTool.run(
      "ffprobe", ["-v", "error", "-show_entries", "chapter=start_time:chapter_tags=title", "-of", "csv=p=0", path])
    #expect(String(decoding: chapters.output, as: UTF8.self) == "0.000000,a.mp4\n1.000000,b.mp4\n")
  }

  @Test func equalInputsGiveEqualBytes() throws {
    let clips = try AudioClips()
    let paths = [
      try clips.clip("a.mov", seconds: 1, audioSource: AudioClips.lively),
      try clips.clip("b.mov", seconds: 1, hue: 90, audioSource: AudioClips.lively),
    ]
    let files = try (1...2).map { number in
      let (path, _) = try clips.stitch(paths, to: "\(number).mp4") {
        $0.metadata = ["title": "Twice", "own.key": "1"]
        $0.creationTime = Self.moment
        $0.audio.loudness = -16
      }
      return try Data(contentsOf: URL(filePath: path))
    }
    #expect(files[0] == files[1])
  }

  @Test func takesTheCreationTimeFromTheEnvironment() throws {
    #expect(try CreationTime.current(environment: ["SOURCE_DATE_EPOCH": "1704164645"]) == Self.moment)
    #expect(CreationTime.parse("2024-01-02T03:04:05Z") == Self.moment)
    #expect(CreationTime.parse("yesterday") == nil)
    for text in ["soon", "-1", "1e9", "99999999999999999999"] {
      #expect(throws: StitchError.self) { try CreationTime.current(environment: ["SOURCE_DATE_EPOCH": text]) }
    }
    let now = try CreationTime.current(environment: [:])
    #expect(abs(now.timeIntervalSinceNow) < 3600)
  }
}

@Suite(.media) struct OTIOTests {
  /// Reads a timeline with the `opentimelineio` package if it is installed, else as JSON, and prints its items.
  private static let reader = """
    import json, sys
    path = sys.argv[1]
    def span(r): return [r["start_time"]["value"], r["duration"]["value"], r["start_time"]["rate"]]
    raw = json.load(open(path))
    schemas = {"Timeline.1", "Stack.1", "Track.1", "Clip.2", "Gap.1", "ExternalReference.1", "Marker.2", "TimeRange.1",
      "RationalTime.1"}
    def walk(x):
      if isinstance(x, dict):
        if "OTIO_SCHEMA" in x: assert x["OTIO_SCHEMA"] in schemas, x["OTIO_SCHEMA"]
        for v in x.values(): walk(v)
      if isinstance(x, list):
        for v in x: walk(v)
    walk(raw)
    try:
      import opentimelineio as otio
      # A round trip keeps everything.
      again = json.loads(otio.adapters.write_to_string(otio.adapters.read_from_file(path), "otio_json"))
      assert again == raw, "changed by reading"
    except ImportError:
      pass
    result = {"name": raw["name"], "tracks": []}
    for track in raw["tracks"]["children"]:
      items = [[c["OTIO_SCHEMA"], c["name"], span(c["source_range"]),
        span(c["media_references"]["DEFAULT_MEDIA"]["available_range"]) if "media_references" in c else None,
        c["media_references"]["DEFAULT_MEDIA"]["target_url"] if "media_references" in c else None]
        for c in track["children"]]
      markers = [[span(m["marked_range"])[0], m["metadata"]["longtake"]["overlap"]] for m in track["markers"]]
      result["tracks"].append({"kind": track["kind"], "items": items, "markers": markers})
    print(json.dumps(result))
    """

  private struct Reading: Decodable {
    struct Track: Decodable {
      let kind: String
      let items: [Item]
      let markers: [[Double]]
    }
    struct Item: Decodable {
      let schema: String
      let name: String
      let source: [Double]
      let available: [Double]?
      let url: String?

      init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        schema = try list.decode(String.self)
        name = try list.decode(String.self)
        source = try list.decode([Double].self)
        available = try list.decodeIfPresent([Double].self)
        url = try list.decodeIfPresent(String.self)
      }
    }
    let name: String
    let tracks: [Track]
  }

  @Test func timelineHasTheRangesOfTheMaster() async throws {
    let chain = try ChainClips(count: 2, length: 30, style: .fixture)
    let clips = try AudioClips()
    let silent = try clips.clip("ä #1.mp4", seconds: 1001 / 1000.0, rate: "24000/1001", audioSource: nil)
    let music = try clips.folder.make(
      "music.wav", "-f", "lavfi", "-t", "1.5", "-i", "sine=frequency=400:sample_rate=48000")
    var options = StitchOptions()
    options.audio.music = MusicOptions(file: music)
    options.metadata["title"] = "Film \u{1F3AC}"
    let plan = try StitchPlan(chain.paths.map { StitchShot(path: $0, title: "shot") }, options: options)
    #expect(plan.joins[0].overlap == 1)
    let lonely = try StitchPlan([StitchShot(path: silent)], options: options)
    let first = try await read(plan, options, chain.folder)
    let rate = 24_000.0 / 1001
    #expect(first.name == "Film \u{1F3AC}")
    #expect(first.tracks.map(\.kind) == ["Video", "Audio", "Audio"])
    #expect(first.tracks[0].items.map(\.source) == [[0, 29, rate], [0, 30, rate]])
    #expect(first.tracks[0].items.map(\.available) == [[0, 30, rate], [0, 30, rate]])
    #expect(first.tracks[1].items.map(\.source) == first.tracks[0].items.map(\.source))
    #expect(first.tracks[0].items.map(\.name) == ["shot", "shot"])
    #expect(
      first.tracks[0].items.compactMap(\.url).compactMap { URL(string: $0)?.path(percentEncoded: false) } == chain.paths
    )
    #expect(first.tracks[0].markers == [[29, 1]])
    #expect(first.tracks[2].items.map(\.source) == [[0, 36, rate]])
    let second = try await read(lonely, options, clips.folder)
    #expect(second.tracks.map(\.kind) == ["Video", "Audio"])
    #expect(
      second.tracks[0].items.compactMap(\.url).compactMap { URL(string: $0)?.path(percentEncoded: false) } == [silent])
  }

  private func read(_ plan: StitchPlan, _ options: StitchOptions, _ folder: ScratchFolder) async throws -> Reading {
    let json = try OTIOTimeline(plan, options: options, master: folder.path("m.mp4")).json()
    let file = try folder.write("m.otio", json)
    let result = try await OutsideProgram.run("python3", ["-c", Self.reader, file])
    #expect(result.status == 0, "\(result.errors)")
    return try JSONDecoder().decode(Reading.self, from: result.output)
  }
}
