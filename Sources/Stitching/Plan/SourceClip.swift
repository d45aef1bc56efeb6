import Foundation
import Libav
import Probing
import Timing

/// One shot's file, indexed: its packets, and the position in presentation order of the frame in each.
struct SourceClip: Sendable {
  /// Relative difference of horizontal and vertical scale from which libav derives a sample aspect ratio
  /// (`mov_read_tkhd`).
  private static let scaleTolerance = 0.01

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
  /// Sample aspect ratio of the sample entry (`pasp`); nil when it has none, and in other containers.
  let containerAspect: Rational?
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
    containerAspect = try Self.sampleEntry(path, index.container, video.stream)?.pixelAspect
    guard !video.presentationOrder.isEmpty else {
      throw StitchError(.unusableShot, "its video track has no frames", file: path)
    }
    guard video.hasUniquePTS else {
      let isReordered = Set(video.presentationTimes).count == video.presentationOrder.count
      throw StitchError(
        .unusableShot,
        isReordered
          ? "its container gives the order of decoding as that of presentation, so its frames have no times; re-encode it first"
          : "its frames have missing or repeated timestamps; rewrite it with a constant frame rate first", file: path)
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

  /// The sample entry of the video in MP4 and MOV; nil in other containers.
  /// - Throws: ``StitchError`` `unusableShot` for a clean aperture that hides pixels: libav neither applies nor writes
  ///   it.
  private static func sampleEntry(
    _ path: String, _ container: ContainerInfo, _ stream: StreamInfo
  ) throws -> MovieBoxes.SampleEntry? {
    guard container.formatName.hasPrefix("mov,"), let layout = ContainerLayout(path: path) else { return nil }
    if let error = layout.limitError(path: path) { throw error }
    guard
      let entry = MovieBoxes(path: path, layout: layout).tracks.first(where: { $0.id == stream.id })?.sampleEntry
    else { return nil }
    if let shown = entry.cleanAperture, shown.width < Double(entry.width) || shown.height < Double(entry.height) {
      throw StitchError(
        .unusableShot,
        "its clean aperture (clap) shows only \(shown.width.short)x\(shown.height.short) of \(entry.width)x\(entry.height) pixels, which a master cannot carry; crop it first",
        file: path)
    }
    return entry
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

  /// Audio streams besides the one that a player would choose, in their order.
  var furtherAudio: [StreamInfo] {
    index.streams.filter { $0.kind == .audio && $0.index != index.mainAudio && $0.codecName != "unknown" }
  }

  /// Whether H.264 or HEVC comes with start codes, as in MPEG-TS, so that its parameter sets are in the packets.
  var hasAnnexBHeader: Bool { ShotPlan.spliceable.contains(codec) && extradata.first != 1 }
  /// The colours of this shot's frames as the master has them, with assumptions where tags are missing.
  var tags: ColorTags { conform?.format.tags ?? video.stream.color?.tags ?? .bt709 }
  /// The file's display matrix, nine numbers (ISO/IEC 14496-12, `tkhd`); nil when it has none.
  var displayMatrix: [Int32]? {
    for case .displayMatrix(let matrix, _) in video.stream.sideData { return matrix }
    return nil
  }
  /// Whether the display matrix scales width and height differently; libav derives a sample aspect ratio from it then.
  var hasScalingMatrix: Bool {
    guard let matrix = displayMatrix, matrix.count == 9 else { return false }
    let (width, height) = (hypot(Double(matrix[0]), Double(matrix[3])), hypot(Double(matrix[1]), Double(matrix[4])))
    return width > 0 && height > 0 && abs(width / height - 1) > Self.scaleTolerance
  }
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
