public import Libav
public import Timing

/// Every packet of one stream in file order, read without decoding.
public struct PacketIndex: Sendable {
  public struct Entry: Sendable, Hashable {
    /// Ticks of the stream's time base.
    public let pts: Int64?
    public let dts: Int64?
    /// Ticks; 0 when unknown.
    public let duration: Int64
    /// Bytes.
    public let size: Int
    public let isKey: Bool
    /// Decoded but not shown, because of an edit list.
    public let isDiscarded: Bool
    /// For H.264 and HEVC; else `unknown`.
    public let frame: FrameKind
  }

  public let stream: StreamInfo
  public let entries: [Entry]
  /// Positions in ``entries`` of the packets that are shown, in presentation order. Packets without PTS keep file order.
  ///
  /// Empty packets, and packets that an edit list hides, are not shown.
  public let presentationOrder: [Int]

  /// HDR metadata in the stream's header and its first packet; nil for codecs without SEI messages.
  public let hdr: HDRMessages?

  /// Whether every shown packet has a PTS of its own, in the order in which the frames are shown.
  public let hasUniquePTS: Bool

  /// Whether the entries are only some of the file's, without its beginning.
  let isPartial: Bool

  /// - Parameters:
  ///   - formatName: libav's names of the container.
  ///   - hasWrongOrder: the container's times are known not to be the order in which frames are shown.
  init(
    stream: StreamInfo, formatName: String, entries: [Entry], hdr: HDRMessages?, hasWrongOrder: Bool = false,
    isPartial: Bool = false
  ) {
    self.stream = stream
    self.hdr = hdr
    self.entries = entries
    self.isPartial = isPartial
    let shown = entries.indices.filter { !entries[$0].isDiscarded && entries[$0].size > 0 }
    let order =
      shown.contains { entries[$0].pts == nil }
      ? shown : shown.sorted { (entries[$0].pts ?? 0, $0) < (entries[$1].pts ?? 0, $1) }
    presentationOrder = order
    let times = order.compactMap { entries[$0].pts }
    hasUniquePTS =
      times.count == order.count && zip(times, times.dropFirst()).allSatisfy(<) && !hasWrongOrder
      && Self.storesPresentationOrder(entries, of: stream, formatName: formatName)
  }

  /// Containers with presentation times, however the frames are coded.
  private static let presentationFormats: Set<String> = ["mov", "matroska", "mpegts", "mpeg", "flv", "nut", "ogg"]

  /// MXF and others have decoding times only, which libav passes on as presentation times even where frames are reordered.
  private static func storesPresentationOrder(
    _ entries: [Entry], of stream: StreamInfo, formatName: String
  ) -> Bool {
    guard stream.videoDelay > 0 else { return true }
    return presentationFormats.contains(String(formatName.prefix { $0 != "," }))
      || entries.contains { $0.pts != $0.dts }
  }

  /// Presentation times of the shown packets, ascending, in ticks.
  public var presentationTimes: [Int64] { presentationOrder.compactMap { entries[$0].pts } }

  /// Positions in presentation order by PTS; empty where times do not identify frames.
  public var positions: [Int64: Int] {
    guard hasUniquePTS else { return [:] }
    return Dictionary(uniqueKeysWithValues: zip(presentationTimes, presentationOrder.indices))
  }

  /// Frames that a decoder must hold back so that they come out in order.
  public var decodingDelay: Int { max(stream.videoDelay, FrameReordering(self)?.reorderDepth ?? 0) }

  /// Bytes of all packets.
  public var byteCount: Int64 { entries.reduce(0) { $0 + Int64($1.size) } }

  /// When the first shown packet starts, in seconds.
  public var start: Rational? { presentationTimes.first.map { stream.timeBase.seconds($0) } }

  /// When the last shown packet ends, in seconds; its own duration counts, or the distance to the one before.
  public var end: Rational? {
    guard let last = presentationOrder.last, let pts = entries[last].pts else { return nil }
    var duration = entries[last].duration
    if duration <= 0, let previous = presentationOrder.dropLast().last, let before = entries[previous].pts {
      duration = pts - before
    }
    return stream.timeBase.seconds(pts + duration)
  }

  /// The last random access point at or before a packet, as a position in ``entries``: decoding from there yields its frame, and
  /// all shown after the point, exactly as a full decode. Nil when there is none.
  public func randomAccess(before target: Int) -> Int? {
    guard entries.indices.contains(target), let time = entries[target].pts else { return nil }
    let isKnown = stream.isIntraOnly || Self.codecsWithCleanKeyframes.contains(stream.codecName)
    return entries[...target].lastIndex { entry in
      guard entry.isKey, !entry.isDiscarded, let pts = entry.pts, pts <= time else { return false }
      switch entry.frame {
      case .idr, .cra, .recovery: return true
      case .unknown: return isKnown
      default: return false
      }
    }
  }

  /// Codecs without a ``FrameKind`` whose keyframes are random access points.
  private static let codecsWithCleanKeyframes: Set<String> = [
    "vp8", "vp9", "av1", "mpeg1video", "mpeg2video", "mpeg4", "msmpeg4v1", "msmpeg4v2", "msmpeg4v3", "wmv1", "wmv2",
    "h263", "flv1", "theora", "ffv1", "png", "cinepak", "qtrle",
  ]

  /// Lengths in packets between one key packet and the next, in decoding order.
  public var gopLengths: [Int] {
    let keys = entries.indices.filter { entries[$0].isKey }
    return zip(keys, keys.dropFirst() + [entries.count]).map { $1 - $0 }
  }
}
