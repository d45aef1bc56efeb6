import Captions
import Libav
import Probing
import Stills
import Timing

/// Reads a written master back and compares it with its plan.
struct MasterProof {
  /// Frames decoded on either side of each join.
  static let reach = 12
  /// Tolerance between audio and video: one AAC frame, in samples.
  static let samplesPerPacket = 1024

  private let path: String
  private let plan: StitchPlan
  private let captions: [CaptionTrack]
  private let audioFormat: MasterAudioFormat?
  private let check: StitchOptions.Check
  /// Without its edit list, the video would start later than the audio.
  private let usesEditList: Bool
  private(set) var checks: [StitchReport.Check] = []

  init(
    path: String, plan: StitchPlan, captions: [CaptionTrack] = [], format: MasterAudioFormat?,
    check: StitchOptions.Check, usesEditList: Bool = false
  ) {
    self.check = check
    self.usesEditList = usesEditList
    self.path = path
    self.plan = plan
    self.captions = captions
    audioFormat = format
  }

  /// - Throws: ``StitchError`` `failedProof` naming the first check that failed.
  mutating func run() throws {
    let index = try MediaIndex(path: path)
    guard let video = index.video else {
      throw StitchError(.failedProof, "the written master has no video stream, so it was not kept", file: path)
    }
    record("read errors", expected: "none", actual: index.readError ?? "none")
    record("frames", expected: "\(plan.frameCount)", actual: "\(video.presentationOrder.count)")
    timing("presentation timestamps", video.presentationTimes, of: video)
    timing("decoding timestamps", video.entries.compactMap(\.dts), of: video)
    record("start time", expected: "0/1", actual: video.start?.fraction ?? "unknown")
    record("duration", expected: plan.duration.fraction, actual: end(of: video)?.fraction ?? "unknown")
    let plain = try MediaIndex(path: path, ignoringEdits: true)
    if let plainVideo = plain.video {
      record(
        "frames without edit lists", expected: "\(plan.frameCount)", actual: "\(plainVideo.presentationOrder.count)")
      timing("presentation timestamps without edit lists", plainVideo.presentationTimes, of: plainVideo)
    }
    try checkCaptions()
    if let audioFormat { checkAudio(index, plain, format: audioFormat) }
    try decode(video)
    try Self.requirePassed(checks, path: path)
  }

  /// - Throws: ``StitchError`` `failedProof` naming the first check that failed.
  static func requirePassed(_ checks: [StitchReport.Check], path: String) throws {
    guard let failed = checks.first(where: { !$0.passed }) else { return }
    throw StitchError(
      .failedProof,
      "the written master differs from its plan, so it was not kept: \(failed.check): expected \(failed.expected), found \(failed.actual)",
      file: path)
  }

  private mutating func record(_ check: String, expected: String, actual: String) {
    checks.append(.init(check: check, passed: expected == actual, expected: expected, actual: actual))
  }

  /// Parameter sets inside retimed packets give their frames the shots' duration, so that the header's counts then.
  private func end(of video: PacketIndex) -> Rational? {
    guard plan.retiming.stretch != .one else { return video.end }
    return video.stream.durationFromHeader.map { video.stream.timeBase.seconds($0) }
  }

  private mutating func timing(_ name: String, _ times: [Int64], of video: PacketIndex) {
    let deltas = Set(zip(times, times.dropFirst()).map { video.stream.timeBase.seconds($1 - $0).fraction })
    let expected = times.count > 1 ? plan.rate.frameDuration.fraction : ""
    record("interval of \(name)", expected: expected, actual: deltas.sorted().joined(separator: ", "))
  }

  private mutating func checkCaptions() throws {
    guard !captions.isEmpty else { return }
    let found = try CaptionTrack.tracks(of: path)
    record(
      "caption tracks", expected: captions.map { $0.language ?? "und" }.joined(separator: ", "),
      actual: found.map { $0.language ?? "und" }.joined(separator: ", "))
    for (own, found) in zip(captions, found) {
      let wanted = own.segments(until: plan.duration).filter { !$0.cues.isEmpty }
      record("captions", expected: "\(wanted.count)", actual: "\(found.cues.count)")
      let isSame = zip(wanted, found.cues).allSatisfy { wanted, found in
        wanted.text == found.text && (wanted.start - found.start).magnitude <= plan.rate.frameDuration
      }
      record("caption texts and times", expected: "as given", actual: isSame ? "as given" : "different")
    }
  }

  private mutating func checkAudio(_ index: MediaIndex, _ plain: MediaIndex, format: MasterAudioFormat) {
    guard let audio = index.audio, let start = audio.start, let end = audio.end else {
      record("audio", expected: "present", actual: "missing")
      return
    }
    // A frame starts at the nearest sample, up to half a sample off.
    let tolerance = Rational(2 * Int64(Self.samplesPerPacket) + 1, 2 * Int64(format.sampleRate))
    func near(_ check: String, _ offsets: [Rational?]) {
      checks.append(
        .init(
          check: check, passed: offsets.allSatisfy { $0.map { $0.magnitude <= tolerance } ?? false },
          expected: "within \(tolerance.fraction) s",
          actual: offsets.map { $0?.fraction ?? "unknown" }.joined(separator: ", ")))
    }
    near("audio start against video", [start])
    near("audio end against video", [end - plan.duration])
    let edited = AudioTrackTimes(audio, rate: format.sampleRate)
    let whole = plain.audio.map { AudioTrackTimes($0, rate: format.sampleRate) }
    for join in plan.joins {
      let sample = format.sample(atFrame: join.frame, rate: plan.rate) + edited.priming
      func offset(_ track: AudioTrackTimes?, _ video: PacketIndex?) -> Rational? {
        guard let audioTime = track?.time(ofSample: sample), let video,
          video.presentationOrder.indices.contains(join.frame),
          let pts = video.entries[video.presentationOrder[join.frame]].pts
        else { return nil }
        return audioTime - video.stream.timeBase.seconds(pts)
      }
      near(
        "audio against video at join \(join.index)" + (usesEditList ? "" : ", with and without edit lists"),
        [offset(edited, index.video)] + (usesEditList ? [] : [offset(whole, plain.video)]))
    }
  }

  /// Decodes the master in one pass, and expects no message from libav. An error in a copied frame is reported for its
  /// shot.
  private mutating func decode(_ video: PacketIndex) throws {
    let frame = try Frame()
    let ranges = ranges
    guard !ranges.isEmpty else { return }
    var walker = try FrameWalker(path: path, video: video, wanted: ranges.flatMap { Array($0) })
    var messageCount = 0
    for range in ranges {
      var found = "no errors"
      var last = range.lowerBound
      do throws(LibavError) {
        while last < range.upperBound, let position = try walker.next(into: frame) { last = position + 1 }
      } catch {
        if let shot = shotAtFault(master: last, error.log.last ?? error.message) { throw shot }
        found = error.message
      }
      if found == "no errors", walker.messageCount > messageCount { found = walker.messages.last?.text ?? "errors" }
      messageCount = walker.messageCount
      let name = "decoding of frames #\(range.lowerBound) to #\(range.upperBound - 1)"
      record(name, expected: "no errors", actual: found)
      guard found == "no errors" else { return }
    }
  }

  private var ranges: [Range<Int>] {
    switch check {
    case .all: [0..<plan.frameCount]
    case .joins:
      splices.reduce(into: []) { ranges, splice in
        let range = max(0, splice - Self.reach)..<min(plan.frameCount, splice + Self.reach)
        if let last = ranges.last, last.upperBound >= range.lowerBound {
          ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
        } else {
          ranges.append(range)
        }
      }
    }
  }

  /// Positions in the master where segments or shots meet, ascending.
  private var splices: [Int] {
    zip(plan.shots, plan.shotStarts).flatMap { shot, start in
      shot.segments.map { start + $0.frames.lowerBound - shot.kept.lowerBound }
    }.filter { $0 > 0 }
  }

  /// An error for the shot whose copied frame cannot be decoded; nil when the frame was re-encoded.
  private func shotAtFault(master position: Int, _ reason: String) -> StitchError? {
    for (shot, start) in zip(plan.shots, plan.shotStarts) where position < start + shot.frameCount {
      let own = shot.kept.lowerBound + position - start
      guard shot.segments.contains(where: { $0.isCopy && $0.frames.contains(own) }) else { return nil }
      return StitchError(
        .unusableShot,
        "is damaged: its frame #\(own) of \(shot.clip.frameCount) or one it depends on cannot be decoded (\(reason)); "
          + "download or generate it again", file: shot.clip.path)
    }
    return nil
  }
}

/// The times of the samples of a written audio track.
private struct AudioTrackTimes {
  private let times: [Rational]
  /// The first sample of each packet, counted from the first packet's.
  private let samples: [Int]
  private let rate: Int
  /// Samples before time 0, added by the encoder.
  let priming: Int

  init(_ index: PacketIndex, rate: Int) {
    let base = index.stream.timeBase
    let timed = index.entries.filter { $0.pts != nil }
    times = timed.map { base.seconds($0.pts ?? 0) }
    var count = 0
    samples = timed.map { entry in
      defer { count += Int((base.seconds(entry.duration) * Int64(rate)).rounded ?? 0) }
      return count
    }
    self.rate = rate
    priming = max(0, -Int(((times.first ?? .zero) * Int64(rate)).rounded ?? 0))
  }

  func time(ofSample sample: Int) -> Rational? {
    // The last packet that begins by then; packets are in order.
    var (low, high) = (0, samples.count)
    while low < high {
      let middle = (low + high) / 2
      if samples[middle] <= sample { low = middle + 1 } else { high = middle }
    }
    let packet = low - 1
    guard samples.indices.contains(packet) else { return nil }
    return times[packet] + Rational(Int64(sample - samples[packet]), Int64(rate))
  }
}
