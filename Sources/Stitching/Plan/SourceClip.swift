import Libav
import Probing
import Timing

/// One shot's file as the stitcher sees it: its packets, and which frame of the presentation each holds.
struct SourceClip: Sendable {
  let shot: StitchShot
  let index: MediaIndex
  let video: PacketIndex
  /// As in the master; the file's own is `video.stream.video`.
  private(set) var info: StreamInfo.Video
  /// The master's; ``isConstant`` tells whether the file keeps to it.
  private(set) var rate: FrameRate
  let isConstant: Bool
  private(set) var codec: String
  private(set) var profile: String?
  private(set) var level: Int?
  /// What makes the shot fit into the master; nil when it fits as it is.
  private(set) var conform: ConformRecipe?
  let extradata: [UInt8]
  /// Position in presentation order by position in decoding order; nil for packets that an edit list hides.
  let displayPositions: [Int?]

  /// Reads a shot's packets and refuses what cannot be joined exactly.
  /// - Parameter convertsRates: a varying rate may pass, because it is to be converted.
  init(_ shot: StitchShot, convertsRates: Bool = false) throws {
    let path = shot.path
    let index = try MediaIndex(path: path)
    guard let video = index.video, let info = video.stream.video else {
      throw StitchError(.unusableShot, "holds no video, so it cannot be a shot", file: path)
    }
    if let error = index.readError {
      throw StitchError(.unusableShot, "cannot be read to its end: \(error)", file: path)
    }
    if let message = index.messages.first(where: { $0.severity == .error }) {
      throw StitchError(.unusableShot, "is damaged: \(message.text); fetch or generate it again", file: path)
    }
    guard !video.presentationOrder.isEmpty else {
      throw StitchError(.unusableShot, "its video track holds no frame", file: path)
    }
    guard video.hasUniquePTS else {
      throw StitchError(
        .unusableShot, "its frames have missing or repeated times; write it again with a constant frame rate first",
        file: path)
    }
    let timing = FrameTiming(
      times: video.presentationTimes, timeBase: video.stream.timeBase,
      headerRates: [video.stream.averageFrameRate, video.stream.baseFrameRate])
    guard let rate = timing.rate, timing.isConstant || convertsRates else {
      throw StitchError(
        .unusableShot,
        "its frame rate is not constant (off by up to \(timing.worstDeviation.doubleValue) s); conform it to one rate with --conform and --rate-conversion",
        file: path)
    }
    let demuxer = try Demuxer(path: path, purpose: .copying)
    extradata = try demuxer.parameters(ofStream: video.stream.index).extradata
    var positions = [Int?](repeating: nil, count: video.entries.count)
    for (position, entry) in video.presentationOrder.enumerated() { positions[entry] = position }
    displayPositions = positions
    self.shot = shot
    self.index = index
    self.video = video
    self.info = info
    self.rate = rate
    isConstant = timing.isConstant
    codec = video.stream.codecName
    profile = video.stream.profile
    level = video.stream.level
  }

  /// Frames at the master's rate.
  var frameCount: Int { conform?.rates?.count ?? video.presentationOrder.count }
  var path: String { shot.path }
  /// The frames that are used, before any is found to be repeated.
  func trimmed() throws -> Range<Int> {
    let range = try shot.trim.map { try $0.frames(of: path, count: frameCount, rate: rate) } ?? 0..<frameCount
    guard let last = shot.keepsThrough else { return range }
    guard video.presentationOrder.indices.contains(last) else {
      throw StitchError(
        .outOfRange,
        "the next shot starts from its frame #\(last), but it has only \(video.presentationOrder.count)", file: path)
    }
    let end = conform?.rates?.count(through: last) ?? last + 1
    guard end > range.lowerBound else {
      throw StitchError(
        .badRequest,
        "its trim begins with frame #\(range.lowerBound), behind #\(last) that the next shot starts from; trim less",
        file: path)
    }
    return range.lowerBound..<min(range.upperBound, end)
  }

  /// What the master's numbers stand for where this shot is.
  var tags: ColorTags { conform?.format.tags ?? video.stream.color?.tags ?? .bt709 }
  var hasSquarePixels: Bool { MasterFormat.ratio(info) == Rational.one.fraction }

  /// The clip as it is in the master.
  func conformed(_ recipe: ConformRecipe) -> SourceClip {
    var clip = self
    clip.codec = recipe.format.codec
    clip.profile = recipe.format.profile
    clip.level = recipe.format.level
    clip.info = recipe.format.info
    clip.rate = recipe.format.rate
    clip.conform = recipe
    return clip
  }
}
