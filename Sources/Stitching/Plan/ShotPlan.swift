import Libav
import Probing

/// The frames of one shot that are kept, and whether each is copied or encoded.
struct ShotPlan: Sendable {
  enum Segment: Sendable, Hashable {
    /// Packets, by decoding order, copied bit for bit; they hold exactly these frames.
    case copy(packets: Range<Int>, frames: Range<Int>)
    /// Frames, by presentation order, decoded and re-encoded.
    case encode(frames: Range<Int>)

    var frames: Range<Int> {
      switch self {
      case .copy(_, let frames), .encode(let frames): frames
      }
    }
    var isCopy: Bool { if case .copy = self { true } else { false } }
  }

  let clip: SourceClip
  /// Positions in presentation order.
  let kept: Range<Int>
  let segments: [Segment]
  let edits: FrameEdits
  let reason: String

  var frameCount: Int { kept.count }
  var copiedFrames: Int { segments.filter(\.isCopy).reduce(0) { $0 + $1.frames.count } }
  var encodedFrames: Int { frameCount - copiedFrames }
  /// `copy`, `smart` or `encode`, for the report.
  var mode: String { encodedFrames == 0 ? "copy" : copiedFrames == 0 ? "encode" : "smart" }

  /// Frames by which decoding order runs ahead of presentation order in the copied packets.
  var reorderDepth: Int {
    segments.reduce(0) { deepest, segment in
      guard case .copy(let packets, let frames) = segment else { return deepest }
      return packets.reduce(deepest) { depth, packet in
        let shown = (clip.displayPositions[packet] ?? 0) - frames.lowerBound
        return max(depth, packet - packets.lowerBound - shown)
      }
    }
  }

  /// Codecs whose copied packets can be spliced with re-encoded frames.
  static let spliceable: Set<String> = ["h264", "hevc"]

  /// Copies the longest self-contained run of frames and encodes the rest at either end.
  /// - Parameter edits: edited frames are encoded.
  /// - Throws: ``StitchError``: `needsEncoding` when the mode or the codec forbids encoding.
  init(
    _ clip: SourceClip, keeping kept: Range<Int>, edits: FrameEdits = .none, mode: StitchOptions.Mode
  ) throws {
    self.clip = clip
    self.kept = kept
    self.edits = edits
    let start = kept.lowerBound + edits.head(of: kept.count)
    let end = max(start, kept.upperBound - edits.fadeOut)
    let canCopy = mode != .encode && clip.conform == nil && start < end
    let run = canCopy ? Self.longestCopy(clip, keeping: start..<end) : nil
    var segments: [Segment] = []
    if let run {
      if run.frames.lowerBound > kept.lowerBound {
        segments.append(.encode(frames: kept.lowerBound..<run.frames.lowerBound))
      }
      segments.append(run)
      if run.frames.upperBound < kept.upperBound {
        segments.append(.encode(frames: run.frames.upperBound..<kept.upperBound))
      }
    } else {
      segments = [.encode(frames: kept)]
    }
    self.segments = segments
    let encoded = segments.filter { !$0.isCopy }.reduce(0) { $0 + $1.frames.count }
    reason = Self.reason(clip, kept: kept, run: run, encoded: encoded, edits: edits, mode: mode)
    guard encoded > 0, mode != .encode else { return }
    guard mode != .copy else {
      throw StitchError(
        .needsEncoding,
        "keeping frames #\(kept.lowerBound) to #\(kept.upperBound - 1) needs \(encoded) of them re-encoded (\(reason)); use --mode smart, or drop the option that needs it",
        file: clip.path)
    }
    guard clip.conform != nil || Self.spliceable.contains(clip.codec) else {
      throw StitchError(
        .needsEncoding, "\(clip.codec) streams can only be copied whole; use --mode encode, or --overlap keep",
        file: clip.path)
    }
  }

  private static func reason(
    _ clip: SourceClip, kept: Range<Int>, run: Segment?, encoded: Int, edits: FrameEdits, mode: StitchOptions.Mode
  ) -> String {
    let dropped = clip.frameCount - kept.count
    if mode == .encode { return "every frame is re-encoded, as requested" }
    if let recipe = clip.conform {
      return "conformed: " + (recipe.differences.map(\.description) + edits.reasons).joined(separator: ", ")
    }
    var reasons = edits.reasons
    switch (encoded, run) {
    case (0, _): reasons.append(dropped == 0 ? "the whole shot is copied" : "the kept frames are copied")
    case (_, nil): reasons.append("no IDR frame starts a run that could be copied, so the shot is re-encoded")
    case (_, let run?):
      let (head, tail) = (run.frames.lowerBound - kept.lowerBound, kept.upperBound - run.frames.upperBound)
      if head > 0 { reasons.append("\(head) frames up to the next IDR are re-encoded") }
      if tail > 0 {
        reasons.append(
          edits.fadeOut > 0
            ? "\(tail) frames at the end are re-encoded"
            : dropped == 0
              ? "\(tail) frames at the end that depend on frames hidden by an edit list are re-encoded"
              : "\(dropped) dropped; \(tail) frames that depend on dropped ones are re-encoded")
      }
    }
    return reasons.joined(separator: "; ")
  }

  /// Frames over which a correction fades out: up to an IDR near the wanted number if there is one, so that no further
  /// frame has to be re-encoded.
  static func easing(_ clip: SourceClip, keeping kept: Range<Int>, wanted: Int) -> Int {
    let wanted = min(max(1, wanted), kept.count)
    let near = clip.video.entries.indices.compactMap { packet -> Int? in
      guard clip.video.entries[packet].frame == .idr, let shown = clip.displayPositions[packet] else { return nil }
      let number = shown - kept.lowerBound
      return number <= wanted && 2 * number >= wanted ? number : nil
    }
    return clip.conform == nil ? near.max() ?? wanted : wanted
  }

  /// The longest run from the first IDR on that is contiguous in both decoding and presentation order and lies within
  /// `kept`.
  private static func longestCopy(_ clip: SourceClip, keeping kept: Range<Int>) -> Segment? {
    let positions = clip.displayPositions
    let isIntraOnly = clip.video.entries.allSatisfy(\.isKey)
    let start = positions.indices.first { packet in
      guard let shown = positions[packet], shown >= kept.lowerBound, shown < kept.upperBound else { return false }
      let entry = clip.video.entries[packet]
      return entry.isKey && (entry.frame == .idr || (entry.frame == .unknown && (packet == 0 || isIntraOnly)))
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
    return .copy(packets: start..<end, frames: first..<first + end - start)
  }
}
