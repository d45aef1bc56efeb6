import Files
import Libav
import Probing
import Timing

/// The properties of shots that a master takes over or leaves out.
enum CarriedProperties {
  /// What is left out, as far as the plan tells.
  static func notes(_ plan: StitchPlan) -> [String] {
    let clips = plan.shots.map(\.clip)
    let carriedAudio = AudioTrack.further(of: clips).count
    var notes = grouped(clips) { clip in
      let left = leftOut(of: clip, furtherAudio: carriedAudio)
      return left.isEmpty ? nil : "\(left.joined(separator: ", ")) not in the master"
    }
    let encoded = plan.shots.reduce(0) { $0 + $1.encodedFrames }
    if plan.template.info.hasDolbyVision, encoded > 0 {
      notes.append(
        "Dolby Vision's metadata is not in the master, because \(counted(encoded, "frame")) had to be re-encoded; "
          + "the frames are shown by their base layer")
    }
    if let start = StartTimecode(of: plan), !start.isWritable(at: plan.rate) {
      notes.append("the start timecode \(start) is not in the master: libav writes none at \(plan.rate) frames/s")
    }
    return notes
  }

  /// What the container did not take, found by reading the master.
  static func missing(from path: String, plan: StitchPlan, container: String) throws -> [String] {
    guard plan.template.conform == nil else { return [] }
    let written = Set(try Demuxer(path: path).mainVideo?.sideData.map(\.name) ?? [])
    let isReencoded = plan.shots.contains { $0.encodedFrames > 0 }
    return plan.template.video.stream.sideData.filter { data in
      if case .dolbyVision = data, isReencoded { return false }
      return data.isCarried && !written.contains(data.name)
    }.map { "\($0.name.lowercased()) is not in the master: .\(container) files are written without it" }
  }

  /// Streams of a shot that do not come into the master.
  private static func leftOut(of clip: SourceClip, furtherAudio: Int) -> [String] {
    let kept = Set(
      [clip.index.mainVideo, clip.index.mainAudio].compactMap(\.self)
        + clip.furtherAudio.prefix(furtherAudio).map(\.index))
    return clip.index.streams.filter { !kept.contains($0.index) && !$0.isTimecodeTrack && !$0.isChapterTrack(of: clip) }
      .map { stream in
        let kind = stream.isAttachedPicture ? "cover image" : "\(stream.kind.rawValue) stream"
        let language = stream.metadata["language"].flatMap { $0 == "und" ? nil : ", \($0)" } ?? ""
        let codec = stream.codecName == "unknown" ? stream.codecTag : stream.codecName
        return "\(kind) #\(stream.index) (\(codec)\(language))"
      }
  }

  /// One sentence for all shots that it holds for.
  private static func grouped(_ clips: [SourceClip], _ text: (SourceClip) -> String?) -> [String] {
    var order: [String] = []
    var files: [String: [String]] = [:]
    for clip in clips {
      guard let found = text(clip) else { continue }
      if files[found] == nil { order.append(found) }
      if files[found]?.contains(clip.path) != true { files[found, default: []].append(clip.path) }
    }
    return order.map { text in
      let names = files[text] ?? []
      return (names.first ?? "") + (names.count > 1 ? " and \(counted(names.count - 1, "more shot"))" : "") + ": "
        + text
    }
  }
}

extension StreamInfo {
  /// The master gets a timecode track of its own.
  fileprivate var isTimecodeTrack: Bool { kind == .data && codecTag == "tmcd" }

  /// Text tracks that name the chapters; chapters of shots are not those of the master.
  fileprivate func isChapterTrack(of clip: SourceClip) -> Bool {
    kind == .data && codecTag == "text" && !clip.index.container.chapters.isEmpty
  }
}

extension StreamSideData {
  /// Whether it is a property of the frames that the container may keep.
  fileprivate var isCarried: Bool {
    switch self {
    case .displayMatrix, .masteringDisplay, .contentLightLevel, .dolbyVision, .stereo3D, .spherical: true
    case .codedPictureBuffer, .audioService, .other: false
    }
  }
}

extension StartTimecode {
  /// The timecode of the master's first frame, from the first shot's; nil when that has none.
  init?(of plan: StitchPlan) {
    guard let first = plan.shots.first, first.clip.isConstant,
      let start = StartTimecode(
        container: first.clip.index.container, stream: first.clip.video.stream, rate: first.clip.rate)
    else { return nil }
    self = start.advanced(by: first.kept.lowerBound)
  }

  /// Rates at which libav's `av_timecode_init` takes drop-frame timecode.
  private static let dropFrameRates: Set<Rational> = [Rational(30_000, 1001), Rational(60_000, 1001)]

  func isWritable(at rate: FrameRate) -> Bool {
    !isDropFrame || Self.dropFrameRates.contains(rate.rational)
  }

  /// The metadata from which libav writes a timecode track.
  static func metadata(of plan: StitchPlan) -> [String: String] {
    guard let start = StartTimecode(of: plan), start.isWritable(at: plan.rate) else { return [:] }
    return ["timecode": start.description]
  }
}
