import Libav
import Probing

/// What becomes of one shot: which of its pictures are kept, and how each gets into the master.
struct ShotPlan: Sendable {
  enum Segment: Sendable, Hashable {
    /// Packets, by decoding order, taken over bit for bit; they show just these pictures.
    case copy(packets: Range<Int>, pictures: Range<Int>)
    /// Pictures, by presentation order, decoded and encoded again.
    case encode(pictures: Range<Int>)

    var pictures: Range<Int> {
      switch self {
      case .copy(_, let pictures), .encode(let pictures): pictures
      }
    }
    var isCopy: Bool { if case .copy = self { true } else { false } }
  }

  let clip: Clip
  /// Positions in presentation order.
  let kept: Range<Int>
  let segments: [Segment]
  let reason: String

  var frameCount: Int { kept.count }
  var copiedFrames: Int { segments.filter(\.isCopy).reduce(0) { $0 + $1.pictures.count } }
  var encodedFrames: Int { frameCount - copiedFrames }
  /// `copy`, `smart` or `encode`, as a report says it.
  var mode: String { encodedFrames == 0 ? "copy" : copiedFrames == 0 ? "encode" : "smart" }

  /// The pictures by which decoding order runs ahead of presentation in the copied packets.
  var reorderDepth: Int {
    segments.reduce(0) { deepest, segment in
      guard case .copy(let packets, let pictures) = segment else { return deepest }
      return packets.reduce(deepest) { depth, packet in
        let shown = (clip.displayPositions[packet] ?? 0) - pictures.lowerBound
        return max(depth, packet - packets.lowerBound - shown)
      }
    }
  }

  /// Codecs whose streams can be spliced with newly encoded pictures.
  static let spliceable: Set<String> = ["h264", "hevc"]

  /// Copies the longest run that needs no picture from outside it, and encodes what is left at either end.
  /// - Throws: ``StitchError``: `needsEncoding` when the mode or the codec forbids encoding.
  init(_ clip: Clip, keeping kept: Range<Int>, mode: StitchOptions.Mode) throws {
    self.clip = clip
    self.kept = kept
    if mode == .encode {
      segments = [.encode(pictures: kept)]
      reason = "every picture is encoded again, as asked"
      return
    }
    let run = Self.longestCopy(clip, keeping: kept)
    var segments: [Segment] = []
    if let run {
      if run.pictures.lowerBound > kept.lowerBound {
        segments.append(.encode(pictures: kept.lowerBound..<run.pictures.lowerBound))
      }
      segments.append(run)
      if run.pictures.upperBound < kept.upperBound {
        segments.append(.encode(pictures: run.pictures.upperBound..<kept.upperBound))
      }
    } else {
      segments = [.encode(pictures: kept)]
    }
    let encoded = segments.filter { !$0.isCopy }.reduce(0) { $0 + $1.pictures.count }
    if encoded > 0 {
      guard mode != .copy else {
        throw StitchError(
          .needsEncoding,
          "keeping pictures #\(kept.lowerBound) to #\(kept.upperBound - 1) needs \(encoded) of them encoded again; use --mode smart, or --overlap keep",
          file: clip.path)
      }
      guard Self.spliceable.contains(clip.codec) else {
        throw StitchError(
          .needsEncoding, "\(clip.codec) streams can only be copied whole; use --mode encode, or --overlap keep",
          file: clip.path)
      }
    }
    self.segments = segments
    let dropped = clip.frameCount - kept.count
    reason =
      switch (encoded, run) {
      case (0, _): dropped == 0 ? "the whole shot is copied" : "the kept pictures are copied"
      case (_, nil): "no IDR picture opens a run that could be copied, so the shot is encoded again"
      default: "\(dropped) dropped; \(encoded) pictures that depend on the dropped ones are encoded again"
      }
  }

  /// From the first IDR at or after the start on: the longest prefix in decoding order that is also one in presentation order
  /// and stays inside.
  private static func longestCopy(_ clip: Clip, keeping kept: Range<Int>) -> Segment? {
    let positions = clip.displayPositions
    let isIntraOnly = clip.video.entries.allSatisfy(\.isKey)
    let start = positions.indices.first { packet in
      guard let shown = positions[packet], shown >= kept.lowerBound, shown < kept.upperBound else { return false }
      let entry = clip.video.entries[packet]
      return entry.isKey && (entry.picture == .idr || (entry.picture == .unknown && (packet == 0 || isIntraOnly)))
    }
    guard let start, let first = positions[start] else { return nil }
    var end = start
    var latest = first - 1
    for packet in start..<positions.count {
      guard let shown = positions[packet], shown >= first else { break }
      latest = max(latest, shown)
      guard latest < kept.upperBound else { break }
      if latest - first == packet - start { end = packet + 1 }
    }
    guard end > start else { return nil }
    return .copy(packets: start..<end, pictures: first..<first + end - start)
  }
}
