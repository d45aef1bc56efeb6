import Files
import Foundation
import Presets
import Timing

/// Frames of an overlap.
private let overlapFrames = 0...120
/// Frames over which a color correction fades out.
private let easeRange = 1...1000
/// Milliseconds of an audio crossfade.
private let crossfadeRange = Rational.zero...Rational(1000)
/// LUFS of a master, the range of EBU R 128 meters.
private let loudnessRange = Rational(-70)...Rational.zero
/// dBTP limit of a master's peaks.
private let truePeakRange = Rational(-20)...Rational.zero
/// dB of music gain.
private let musicLevelRange = Rational(-60)...Rational(20)
/// Seconds of the music's fades.
private let musicFadeRange = Rational.zero...Rational(60)
/// dB of ducking.
private let musicDuckRange = Rational.zero...Rational(60)

/// Reads a storyboard from a document and adds every problem to the list.
struct StoryboardReader {
  static let keys = [
    "schema", "version", StoryboardIncludes.key, StoryboardVariables.key, "title", "provider", "model", "defaults",
    "references", "video_references",
    "elements", "shots", "master", "deliver", "marking",
  ]
  /// Fields that a shot has and that `defaults` may give for all.
  static let sharedKeys = [
    "duration", "takes", "negative_prompt", "aspect_ratio", "generate_audio", "anchor", "seed", "parameters",
    "resolution",
    "verify",
  ]

  let directory: String
  let problems: ProblemList

  /// Nil when the document is not a mapping; otherwise the valid part.
  func read(_ root: DocumentNode) -> Storyboard? {
    guard let reader = FieldReader(root, path: "", known: Self.keys, problems: problems) else { return nil }
    if let schema = reader.text("schema"), schema != Storyboard.schema {
      reader.report("schema", "this version reads \(quoted(Storyboard.schema)), not \(quoted(schema)).")
    }
    if let version = reader.node("version"), version.value != .integer(Storyboard.version) {
      reader.report(
        "version",
        "'version' is \(version.written ?? version.kind); this program reads version \(Storyboard.version) of the form."
      )
    }
    let references = images("references", of: reader)
    let videos = videos(of: reader)
    let elements = elements(of: reader)
    let defaults = reader.fields("defaults", known: Self.sharedKeys)
    let shotReader = ShotReader(directory: directory, problems: problems, defaults: defaults)
    let items = reader.list("shots", required: true) ?? []
    if items.isEmpty, reader.has("shots"), problems.problems.allSatisfy({ $0.path != "shots" }) {
      reader.report("shots", "'shots' is empty; a storyboard needs at least one shot.")
    }
    var shots: [Shot] = []
    for (index, item) in items.enumerated() {
      if let shot = shotReader.read(item.node, path: item.path, index: index) { shots.append(shot) }
    }
    reportEnds(of: shots, count: items.count, lines: items.map { ($0.node["end"] ?? $0.node).line })
    reportDuplicates(of: shots, lines: items.map { $0.node["id"]?.line ?? $0.node.line })
    var lines: [String: Int] = [:]
    Self.collectLines(of: root, path: "", into: &lines)
    let storyboard = Storyboard(
      title: reader.text("title", anyScalar: true),
      provider: reader.word("provider", among: ProviderKind.names),
      model: reader.text("model", required: true) ?? "", references: references, videos: videos,
      elements: elements, shots: shots,
      master: master(of: reader), delivery: delivery(of: reader), marking: marking(of: reader), lines: lines)
    storyboard.mentionProblems().forEach(problems.add)
    return storyboard
  }

  /// Reports shots that would wait for each other, and a last shot that ends on the next.
  private func reportEnds(of shots: [Shot], count: Int, lines: [Int]) {
    for shot in shots where shot.end == .next {
      let path = "shots[\(shot.index)].end"
      guard shot.index + 1 < count else {
        problems.add(
          path, line: lines[shot.index], "the last shot has no shot after it; leave 'end' out or give an image.")
        continue
      }
      guard let next = shots.first(where: { $0.index == shot.index + 1 }), next.start == .previous else { continue }
      problems.add(
        path, line: lines[shot.index],
        "the shot ends on the first frame of \(quoted(next.id)), which starts from this shot's last frame: "
          + "each would wait for the other. Write 'start: none' or an image there, or leave 'end' out here.")
    }
  }

  private func reportDuplicates(of shots: [Shot], lines: [Int]) {
    var first: [String: Int] = [:]
    for shot in shots where !shot.id.isEmpty {
      // Ids become file names, and some file systems ignore case.
      if let earlier = first[shot.id.lowercased()] {
        problems.add(
          "shots[\(shot.index)].id", line: lines[shot.index],
          "the id \(quoted(shot.id)) is already used on line \(earlier); give every shot its own.")
      } else {
        first[shot.id.lowercased()] = lines[shot.index]
      }
    }
  }

  private func images(_ key: String, of reader: FieldReader) -> [ImageSource] {
    (reader.list(key) ?? []).compactMap { image($0.node, path: $0.path) }
  }

  private func videos(of reader: FieldReader) -> [String] {
    (reader.list("video_references") ?? []).compactMap { video($0.node, path: $0.path) }
  }

  /// The address of a video; files are not uploaded.
  private func video(_ node: DocumentNode, path: String) -> String? {
    if case .text(let text) = node.value,
      case .address(let address) = ImageSource(written: text, relativeTo: directory).location,
      ImageSource.refusal(of: text) == nil
    {
      return address
    }
    problems.add(
      path, line: node.line, "this must be the http(s) address of a video; files of videos are not uploaded.")
    return nil
  }

  func image(_ node: DocumentNode, path: String) -> ImageSource? {
    guard case .text(let text) = node.value, !text.isEmpty else {
      problems.add(path, line: node.line, "this must be the path or address of an image, not \(node.kind).")
      return nil
    }
    if let refusal = ImageSource.refusal(of: text) {
      problems.add(path, line: node.line, refusal)
      return nil
    }
    return ImageSource(written: text, relativeTo: directory)
  }

  private func elements(of reader: FieldReader) -> [Element] {
    var elements: [Element] = []
    var taken: [String: Int] = [:]
    for item in reader.list("elements") ?? [] {
      guard
        let fields = FieldReader(
          item.node, path: item.path, known: ["name", "frontal", "angles", "video", "voice"], problems: problems)
      else { continue }
      let name = elementName(of: fields)
      if let name, let earlier = taken.updateValue(fields.line(of: "name"), forKey: name) {
        fields.report("name", "the element \(quoted(name)) is already on line \(earlier); give each its own name.")
      }
      let frontal = fields.node("frontal", required: !fields.has("video")).flatMap {
        image($0, path: fields.fieldPath("frontal"))
      }
      let video = fields.node("video").flatMap { self.video($0, path: fields.fieldPath("video")) }
      if fields.has("video"), fields.has("frontal") || fields.has("angles") {
        fields.report("video", "an element is shown by images or by a video; keep one.")
      }
      let angles = images("angles", of: fields)
      // An invalid element keeps its number, so that the others keep theirs.
      elements.append(
        Element(
          name: name ?? "",
          frontal: frontal ?? (fields.has("video") ? nil : ImageSource(written: "", relativeTo: directory)),
          angles: angles, video: video, voice: fields.text("voice", anyScalar: true)))
    }
    return elements
  }

  private func elementName(of fields: FieldReader) -> String? {
    guard let name = fields.text("name", required: true) else { return nil }
    guard name.wholeMatch(of: /[A-Za-z][A-Za-z0-9_\-]{0,31}/) != nil else {
      fields.report(
        "name", "\(quoted(name)) cannot be used as @name; use up to 32 letters, digits, - and _, a letter first.")
      return nil
    }
    guard name.lowercased().wholeMatch(of: /(element|image|video)[0-9]*/) == nil else {
      fields.report("name", "\(quoted(name)) is reserved for the services' @Element1, @Image1; choose another name.")
      return nil
    }
    return name
  }

  private func master(of reader: FieldReader) -> MasterSettings {
    var settings = MasterSettings()
    guard let master = reader.fields("master", known: ["verify", "join", "music", "captions", "languages"]) else {
      return settings
    }
    settings.verify = master.text("verify")
    settings.music = music(of: master)
    settings.captions = captions(of: master)
    settings.languages = languages(of: master)
    let keys = [
      "mode", "overlap", "match_color", "ease_frames", "conform", "retime", "keep_pitch", "audio_crossfade", "loudness",
      "true_peak",
    ]
    guard let join = master.fields("join", known: keys) else { return settings }
    settings.join.mode = join.word("mode", among: JoinSettings.Mode.allCases.map(\.rawValue))
      .flatMap(JoinSettings.Mode.init)
    settings.join.matchColor = matchColor(of: join)
    settings.join.easeFrames = join.integer("ease_frames", in: easeRange)
    settings.join.conform = JoinSettingsReader(problems: problems).conform(of: join)
    settings.join.retime = JoinSettingsReader(problems: problems).rate("retime", of: join)
    settings.join.keepsPitch = join.bool("keep_pitch")
    if settings.join.keepsPitch != nil, !join.has("retime") {
      join.report("keep_pitch", "'keep_pitch' needs 'retime'; give a rate or remove it.")
    }
    settings.join.overlap = overlap(of: join)
    settings.join.audioCrossfade = number("audio_crossfade", of: join, in: crossfadeRange, unit: "milliseconds")
    settings.join.loudness = number("loudness", of: join, in: loudnessRange, unit: "LUFS")
    settings.join.truePeak = number("true_peak", of: join, in: truePeakRange, unit: "dBTP")
    return settings
  }

  private func music(of master: FieldReader) -> MusicSettings? {
    guard let music = master.fields("music", known: ["file", "level", "fade", "duck", "loop"]) else { return nil }
    guard let file = music.text("file", required: true) else { return nil }
    guard let path = path(file, of: music) else { return nil }
    return MusicSettings(
      file: path,
      level: number("level", of: music, in: musicLevelRange, unit: "dB"),
      fade: number("fade", of: music, in: musicFadeRange, unit: "seconds"),
      duck: number("duck", of: music, in: musicDuckRange, unit: "dB"), loops: music.bool("loop"))
  }

  /// A path beside the storyboard.
  func path(_ file: String, of reader: FieldReader, field: String = "file") -> String? {
    guard !file.contains("\0") else {
      reader.report(field, "a path cannot contain a NUL character.")
      return nil
    }
    return URL(filePath: file, relativeTo: URL(filePath: directory, directoryHint: .isDirectory))
      .standardizedFileURL.path(percentEncoded: false)
  }

  private func matchColor(of join: FieldReader) -> JoinSettings.MatchColor? {
    // Programs that write YAML 1.1 turn `off` into `false`.
    if case .bool(false) = join.node("match_color")?.value { return .off }
    return join.word("match_color", among: JoinSettings.MatchColor.allCases.map(\.rawValue))
      .flatMap(JoinSettings.MatchColor.init)
  }

  private func overlap(of join: FieldReader) -> JoinSettings.Overlap? {
    guard let node = join.node("overlap") else { return nil }
    switch node.value {
    case .text("auto"): return .auto
    case .text("keep"): return .keep
    case .integer(let frames) where overlapFrames.contains(Int(clamping: frames)): return .frames(Int(frames))
    default:
      join.report(
        "overlap",
        "'overlap' must be auto, keep, or frames to drop, \(overlapFrames.lowerBound) to \(overlapFrames.upperBound).")
      return nil
    }
  }

  func number(
    _ key: String, of reader: FieldReader, in range: ClosedRange<Rational>, unit: String
  ) -> Rational? {
    guard let value = reader.number(key, unit: unit) else { return nil }
    guard range.contains(value) else {
      reader.report(
        key,
        "'\(key)' is \(value.plain) \(unit); it must be from \(range.lowerBound.plain) to \(range.upperBound.plain).")
      return nil
    }
    return value
  }

  private static func collectLines(of node: DocumentNode, path: String, into lines: inout [String: Int]) {
    switch node.value {
    case .list(let items):
      for (index, item) in items.enumerated() {
        lines["\(path)[\(index)]"] = item.line
        collectLines(of: item, path: "\(path)[\(index)]", into: &lines)
      }
    case .mapping(let members):
      for member in members {
        let inner = path.isEmpty ? member.key : "\(path).\(member.key)"
        lines[inner] = member.line
        collectLines(of: member.value, path: inner, into: &lines)
      }
    default: break
    }
  }
}
