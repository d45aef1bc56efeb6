import Libav
import Probing
import Timing

/// One shot's file, indexed: its packets, and the position in presentation order of the frame in each.
struct SourceClip: Sendable {
  let shot: StitchShot
  let index: MediaIndex
  let video: PacketIndex
  /// As in the master; `video.stream.video` has the file's own.
  private(set) var info: StreamInfo.Video
  /// The master's rate once conformed. Whether the file keeps to it: ``isConstant``.
  private(set) var rate: FrameRate
  let isConstant: Bool
  private(set) var codec: String
  private(set) var profile: String?
  private(set) var level: Int?
  /// How the shot is conformed to the master; nil when its format already matches.
  private(set) var conform: ConformRecipe?
  let extradata: [UInt8]
  /// Position in presentation order by position in decoding order; nil for packets hidden by an edit list.
  let displayPositions: [Int?]

  /// Reads a shot's packets.
  /// - Parameter convertsRates: accepts a variable frame rate, because it will be converted.
  /// - Throws: ``StitchError`` `unusableShot` for a shot that cannot be joined exactly.
  init(_ shot: StitchShot, convertsRates: Bool = false) throws {
    let path = shot.path
    let index = try MediaIndex(path: path)
    guard let video = index.video, let info = video.stream.video else {
      throw StitchError(.unusableShot, "has no video stream, so it cannot be a shot", file: path)
    }
    if let error = index.readError {
      throw StitchError(.unusableShot, "cannot be read to its end: \(error)", file: path)
    }
    if let message = index.messages.first(where: { $0.severity == .error }) {
      throw StitchError(.unusableShot, "is damaged: \(message.text); download or generate it again", file: path)
    }
    guard !video.presentationOrder.isEmpty else {
      throw StitchError(.unusableShot, "its video track has no frames", file: path)
    }
    guard video.hasUniquePTS else {
      throw StitchError(
        .unusableShot, "its frames have missing or repeated timestamps; rewrite it with a constant frame rate first",
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

  /// The frames that the trim and ``StitchShot/keepsThrough`` leave, before overlaps are dropped.
  func trimmed() throws -> Range<Int> {
    let range = try shot.trim.map { try $0.frames(of: path, count: frameCount, rate: rate) } ?? 0..<frameCount
    guard let last = shot.keepsThrough else { return range }
    guard video.presentationOrder.indices.contains(last) else {
      throw StitchError(
        .outOfRange,
        "the next shot starts from its frame #\(last), but it has only \(video.presentationOrder.count) frames",
        file: path)
    }
    let end = conform?.rates?.count(through: last) ?? last + 1
    guard end > range.lowerBound else {
      throw StitchError(
        .badRequest,
        "its trim begins at frame #\(range.lowerBound), after #\(last) that the next shot starts from; trim less",
        file: path)
    }
    return range.lowerBound..<min(range.upperBound, end)
  }

  /// The colours of this shot's frames as the master has them, with assumptions where tags are missing.
  var tags: ColorTags { conform?.format.tags ?? video.stream.color?.tags ?? .bt709 }
  var hasSquarePixels: Bool { MasterFormat.ratio(info) == Rational.one.fraction }

  /// The clip as conformed to the master.
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
