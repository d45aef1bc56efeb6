import Libav
import Probing

/// What becomes of one shot: which of its frames are kept, and how each gets into the master.
struct ShotPlan: Sendable {
  enum Segment: Sendable, Hashable {
    /// Packets, by decoding order, taken over bit for bit; they show just these frames.
    case copy(packets: Range<Int>, frames: Range<Int>)
    /// Frames, by presentation order, decoded and encoded again.
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
  let changes: FrameEdits
  let reason: String

  var frameCount: Int { kept.count }
  var copiedFrames: Int { segments.filter(\.isCopy).reduce(0) { $0 + $1.frames.count } }
  var encodedFrames: Int { frameCount - copiedFrames }
  /// `copy`, `smart` or `encode`, as a report says it.
  var mode: String { encodedFrames == 0 ? "copy" : copiedFrames == 0 ? "encode" : "smart" }

  /// The frames by which decoding order runs ahead of presentation in the copied packets.
  var reorderDepth: Int {
    segments.reduce(0) { deepest, segment in
      guard case .copy(let packets, let frames) = segment else { return deepest }
      return packets.reduce(deepest) { depth, packet in
        let shown = (clip.displayPositions[packet] ?? 0) - frames.lowerBound
        return max(depth, packet - packets.lowerBound - shown)
      }
    }
  }

  /// Codecs whose streams can be spliced with newly encoded pictures.
  static let spliceable: Set<String> = ["h264", "hevc"]

  /// Copies the longest run that needs no frame from outside it, and encodes what is left at either end.
  /// - Parameter changes: frames that look otherwise than in the file are encoded.
  /// - Throws: ``StitchError``: `needsEncoding` when the mode or the codec forbids encoding.
  init(
    _ clip: SourceClip, keeping kept: Range<Int>, changes: FrameEdits = .none, mode: StitchOptions.Mode
  ) throws {
    self.clip = clip
    self.kept = kept
    self.changes = changes
    let start = kept.lowerBound + changes.head(of: kept.count)
    let end = max(start, kept.upperBound - changes.fadeOut)
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
    reason = Self.reason(clip, kept: kept, run: run, encoded: encoded, changes: changes, mode: mode)
    guard encoded > 0, mode != .encode else { return }
    guard mode != .copy else {
      throw StitchError(
        .needsEncoding,
        "keeping frames #\(kept.lowerBound) to #\(kept.upperBound - 1) needs \(encoded) of them encoded again (\(reason)); use --mode smart, or ask for no change that needs it",
        file: clip.path)
    }
    guard clip.conform != nil || Self.spliceable.contains(clip.codec) else {
      throw StitchError(
        .needsEncoding, "\(clip.codec) streams can only be copied whole; use --mode encode, or --overlap keep",
        file: clip.path)
    }
  }

  private static func reason(
    _ clip: SourceClip, kept: Range<Int>, run: Segment?, encoded: Int, changes: FrameEdits, mode: StitchOptions.Mode
  ) -> String {
    let dropped = clip.frameCount - kept.count
    if mode == .encode { return "every frame is encoded again, as asked" }
    if let recipe = clip.conform {
      return "conformed: " + (recipe.differences.map(\.description) + changes.reasons).joined(separator: ", ")
    }
    var words = changes.reasons
    switch (encoded, run) {
    case (0, _): words.append(dropped == 0 ? "the whole shot is copied" : "the kept frames are copied")
    case (_, nil): words.append("no IDR frame opens a run that could be copied, so the shot is encoded again")
    case (_, let run?):
      let (head, tail) = (run.frames.lowerBound - kept.lowerBound, kept.upperBound - run.frames.upperBound)
      if head > 0 { words.append("\(head) frames up to the next IDR are encoded again") }
      if tail > 0 {
        words.append(
          changes.fadeOut > 0
            ? "\(tail) frames at the end are encoded again"
            : "\(dropped) dropped; \(tail) frames that depend on the dropped ones are encoded again")
      }
    }
    return words.joined(separator: "; ")
  }

  /// Frames that a correction fades out over: to an IDR near the wanted number if there is one, so that nothing more has to be
  /// encoded again.
  static func easing(_ clip: SourceClip, keeping kept: Range<Int>, wanted: Int) -> Int {
    let wanted = min(max(1, wanted), kept.count)
    let near = clip.video.entries.indices.compactMap { packet -> Int? in
      guard clip.video.entries[packet].frame == .idr, let shown = clip.displayPositions[packet] else { return nil }
      let number = shown - kept.lowerBound
      return number <= wanted && 2 * number >= wanted ? number : nil
    }
    return clip.conform == nil ? near.max() ?? wanted : wanted
  }

  /// From the first IDR at or after the start on: the longest prefix in decoding order that is also one in presentation order
  /// and stays inside.
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
