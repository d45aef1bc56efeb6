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
  let changes: PictureChanges
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
  /// - Parameter changes: pictures that look otherwise than in the file are encoded.
  /// - Throws: ``StitchError``: `needsEncoding` when the mode or the codec forbids encoding.
  init(
    _ clip: Clip, keeping kept: Range<Int>, changes: PictureChanges = .none, mode: StitchOptions.Mode
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
    self.segments = segments
    let encoded = segments.filter { !$0.isCopy }.reduce(0) { $0 + $1.pictures.count }
    reason = Self.reason(clip, kept: kept, run: run, encoded: encoded, changes: changes, mode: mode)
    guard encoded > 0, mode != .encode else { return }
    guard mode != .copy else {
      throw StitchError(
        .needsEncoding,
        "keeping pictures #\(kept.lowerBound) to #\(kept.upperBound - 1) needs \(encoded) of them encoded again (\(reason)); use --mode smart, or ask for no change that needs it",
        file: clip.path)
    }
    guard clip.conform != nil || Self.spliceable.contains(clip.codec) else {
      throw StitchError(
        .needsEncoding, "\(clip.codec) streams can only be copied whole; use --mode encode, or --overlap keep",
        file: clip.path)
    }
  }

  private static func reason(
    _ clip: Clip, kept: Range<Int>, run: Segment?, encoded: Int, changes: PictureChanges, mode: StitchOptions.Mode
  ) -> String {
    let dropped = clip.frameCount - kept.count
    if mode == .encode { return "every picture is encoded again, as asked" }
    if let recipe = clip.conform {
      return "conformed: " + (recipe.differences.map(\.description) + changes.reasons).joined(separator: ", ")
    }
    var words = changes.reasons
    switch (encoded, run) {
    case (0, _): words.append(dropped == 0 ? "the whole shot is copied" : "the kept pictures are copied")
    case (_, nil): words.append("no IDR picture opens a run that could be copied, so the shot is encoded again")
    case (_, let run?):
      let (head, tail) = (run.pictures.lowerBound - kept.lowerBound, kept.upperBound - run.pictures.upperBound)
      if head > 0 { words.append("\(head) pictures up to the next IDR are encoded again") }
      if tail > 0 {
        words.append(
          changes.fadeOut > 0
            ? "\(tail) pictures at the end are encoded again"
            : "\(dropped) dropped; \(tail) pictures that depend on the dropped ones are encoded again")
      }
    }
    return words.joined(separator: "; ")
  }

  /// Pictures that a correction fades out over: to an IDR near the wanted number if there is one, so that nothing more has to be
  /// encoded again.
  static func easing(_ clip: Clip, keeping kept: Range<Int>, wanted: Int) -> Int {
    let wanted = min(max(1, wanted), kept.count)
    let near = clip.video.entries.indices.compactMap { packet -> Int? in
      guard clip.video.entries[packet].picture == .idr, let shown = clip.displayPositions[packet] else { return nil }
      let number = shown - kept.lowerBound
      return number <= wanted && 2 * number >= wanted ? number : nil
    }
    return clip.conform == nil ? near.max() ?? wanted : wanted
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
