public import Captions
import Files
import Libav
public import Probing
import Stitching
public import Timing

/// A master that delivery versions are made of: its packets listed, its digest taken.
public struct DeliveryMaster: Sendable {
  public let path: String
  /// Lower-case hexadecimal.
  public let sha256: String
  public let bytes: Int64
  public let index: MediaIndex
  let video: PacketIndex
  public let rate: FrameRate
  /// The frame as it is displayed.
  let display: DisplayGeometry
  let color: ColorTags
  let pixelFormat: PixelFormat
  /// Of its text tracks.
  public let captions: [CaptionTrack]

  /// - Throws: ``DeliveryError`` `unsuitable` for a file without video, or of a variable frame rate; ``LibavError``.
  public init(path: String) throws {
    let digest = BackgroundWork(named: "longtake.digest") { _ in try SHA256Text.ofFile(path) }
    let index = try MediaIndex(path: path)
    guard let video = index.video, let info = video.stream.video, let display = DisplayGeometry(video.stream),
      let format = PixelFormat(name: info.pixelFormat)
    else { throw DeliveryError(.unsuitable, "has no video that can be decoded; name a master", file: path) }
    if let error = index.readError {
      throw DeliveryError(.damaged, "cannot be read to its end (\(error)); write it again", file: path)
    }
    let timing = FrameTiming(
      times: video.presentationTimes, timeBase: video.stream.timeBase,
      headerRates: [video.stream.averageFrameRate, video.stream.baseFrameRate])
    guard timing.isConstant, let rate = timing.rate, video.hasUniquePTS, !video.presentationOrder.isEmpty else {
      throw DeliveryError(
        .unsuitable, "has no constant frame rate; write it with 'stitch --conform --rate' first", file: path)
    }
    guard !display.isMirrored else {
      throw DeliveryError(.unsuitable, "is shown mirrored, by its display matrix; write it without first", file: path)
    }
    self.path = path
    self.index = index
    self.video = video
    self.rate = rate
    self.display = display
    color = video.stream.color?.tags ?? .bt709
    pixelFormat = format
    captions = index.streams.contains { $0.kind == .subtitle } ? try CaptionTrack.tracks(of: path) : []
    (sha256, bytes) = try digest.value()
  }

  public var frameCount: Int { video.presentationOrder.count }
  /// Seconds.
  public var duration: Rational { rate.duration(frames: frameCount) }
  /// Tagged or assumed, PQ or HLG.
  var isHDR: Bool { color.isHDR }
  var title: String? { index.container.metadata["title"] }
  /// All audio, the track that players choose first.
  var audio: [StreamInfo] {
    guard let main = index.audio?.stream else { return [] }
    return [main] + index.streams.filter { $0.kind == .audio && $0.index != main.index && $0.codecName != "unknown" }
  }

  /// Positions in presentation order from which decoding can start.
  var accessPoints: [Int] {
    video.presentationOrder.enumerated().compactMap { position, entry in
      video.entries[entry].isKey && video.randomAccess(before: entry) == entry ? position : nil
    }
  }
}
