import Libav
import Probing
import Timing

/// One shot's file as the stitcher sees it: its packets, and which picture of the presentation each holds.
struct Clip: Sendable {
  let shot: StitchShot
  let index: MediaIndex
  let video: PacketIndex
  let info: StreamInfo.Video
  let rate: FrameRate
  let extradata: [UInt8]
  /// Position in presentation order by position in decoding order; nil for packets that an edit list hides.
  let displayPositions: [Int?]

  /// Reads a shot's packets and refuses what cannot be joined exactly.
  init(_ shot: StitchShot) throws {
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
      throw StitchError(.unusableShot, "its video track holds no picture", file: path)
    }
    guard video.hasUniquePTS else {
      throw StitchError(
        .unusableShot, "its pictures have missing or repeated times; write it anew with a constant frame rate first",
        file: path)
    }
    let timing = FrameTiming(
      times: video.presentationTimes, timeBase: video.stream.timeBase,
      headerRates: [video.stream.averageFrameRate, video.stream.baseFrameRate])
    guard let rate = timing.rate, timing.isConstant else {
      throw StitchError(
        .unusableShot,
        "its frame rate is not constant (off by up to \(timing.worstDeviation.doubleValue) s); conform it to one rate first",
        file: path)
    }
    let demuxer = try Demuxer(path: path)
    extradata = try demuxer.parameters(ofStream: video.stream.index).extradata
    var positions = [Int?](repeating: nil, count: video.entries.count)
    for (position, entry) in video.presentationOrder.enumerated() { positions[entry] = position }
    displayPositions = positions
    self.shot = shot
    self.index = index
    self.video = video
    self.info = info
    self.rate = rate
  }

  var frameCount: Int { video.presentationOrder.count }
  var path: String { shot.path }
  var codec: String { video.stream.codecName }

  /// Refuses a shot that differs from the first in what one video stream can have only once.
  func requireMatch(_ first: Clip) throws {
    func compare(_ field: String, _ own: String, _ wanted: String) throws {
      guard own != wanted else { return }
      throw StitchError(
        .mismatch, "\(field) is \(own), but the first shot (\(first.path)) has \(wanted); conform one of them first",
        file: path)
    }
    try compare("video codec", codec, first.codec)
    try compare("size", "\(info.width)x\(info.height)", "\(first.info.width)x\(first.info.height)")
    try compare("frame rate", "\(rate)", "\(first.rate)")
    try compare(
      "pixel format", Self.plain(info.pixelFormat), Self.plain(first.info.pixelFormat))
    try compare("sample aspect ratio", Self.ratio(info), Self.ratio(first.info))
    try compare("rotation", "\(info.rotation)", "\(first.info.rotation)")
    try compare("mirroring", "\(info.isMirrored)", "\(first.info.isMirrored)")
    try compare("Dolby Vision", "\(info.hasDolbyVision)", "\(first.info.hasDolbyVision)")
    let (own, wanted) = (video.stream.color?.tags, first.video.stream.color?.tags)
    try compare("colour range", own?.range ?? "unknown", wanted?.range ?? "unknown")
    try compare("colour matrix", own?.matrix ?? "unknown", wanted?.matrix ?? "unknown")
    try compare("colour transfer", own?.transfer ?? "unknown", wanted?.transfer ?? "unknown")
    try compare("colour primaries", own?.primaries ?? "unknown", wanted?.primaries ?? "unknown")
  }

  private static func plain(_ format: String) -> String {
    PixelFormat(name: format)?.withoutImpliedRange.name ?? format
  }

  /// Unknown counts as square, as players take it.
  private static func ratio(_ info: StreamInfo.Video) -> String {
    info.sampleAspectRatio.isPositive ? info.sampleAspectRatio.fraction : Rational.one.fraction
  }
}
