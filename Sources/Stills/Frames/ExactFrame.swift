public import Libav
public import Probing
public import Timing

/// One exact frame and its facts.
public struct ExactFrame: ~Copyable {
  /// As decoded: not rotated, not converted.
  public let frame: Frame
  public let facts: Facts

  public struct Facts: Sendable, Hashable {
    public let file: String
    /// Position in presentation order, from 0.
    public let index: Int
    /// Ticks of the time base; nil for raw streams.
    public let pts: Int64?
    public let timeBase: TimeBase
    /// Pixels, as decoded.
    public let width: Int
    public let height: Int
    public let pixelFormat: String
    public let color: ColorUnderstanding
    /// Degrees clockwise by which a player rotates the frame.
    public let rotation: Int
    public let isMirrored: Bool
    public let sampleAspectRatio: Rational
    /// A warning about how the frame was found; nil when there is none.
    public let note: String?

    init(_ frame: borrowing Frame, of stream: StreamInfo, path: String, index: Int, note: String?) {
      let info = stream.video
      var tags = frame.color
      let streamTags = info?.color ?? ColorTags()
      tags.range = tags.range ?? streamTags.range
      tags.matrix = tags.matrix ?? streamTags.matrix
      tags.transfer = tags.transfer ?? streamTags.transfer
      tags.primaries = tags.primaries ?? streamTags.primaries
      tags.chromaLocation = tags.chromaLocation ?? streamTags.chromaLocation
      let container = info?.sampleAspectRatio ?? .undefined
      file = path
      self.index = index
      pts = frame.pts
      timeBase = stream.timeBase
      width = frame.width
      height = frame.height
      pixelFormat = frame.pixelFormat.name
      color = ColorUnderstanding(tags, format: frame.pixelFormat, height: frame.height, codec: stream.codecName)
      rotation = info?.rotation ?? 0
      isMirrored = info?.isMirrored ?? false
      sampleAspectRatio = container.isPositive ? container : frame.sampleAspectRatio
      self.note = [note, stream.noteOnDolbyVision].compactMap(\.self).joined(separator: "; ").nilIfEmpty
    }

    /// Seconds.
    public var time: Rational? { pts.map { timeBase.seconds($0) } }
  }
}

extension StreamInfo {
  /// Says that the colours are wrong: without a base layer in a common colour space, only Dolby Vision's metadata turns IPT into
  /// colours. Nil for other streams.
  var noteOnDolbyVision: String? {
    dolbyVisionOnly.map {
      "Dolby Vision profile \($0.profile) has no base layer in a common colour space: the colours are wrong"
    }
  }
}

extension String {
  fileprivate var nilIfEmpty: String? { isEmpty ? nil : self }
}
