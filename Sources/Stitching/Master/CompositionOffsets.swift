/// The composition offsets (`ctts`) of a master's video, as libav's reader of MP4 and MOV takes them.
///
/// From negative offsets the reader derives by how much decoding runs ahead, but it leaves out the last two runs of
/// equal offsets (`mov_read_ctts`). Frames would then seem to be shown before they are decoded, as in a master of three
/// frames.
struct CompositionOffsets {
  private var origin: Int64?
  /// The greatest delay of decoding against presentation in ticks, over all runs but the last two.
  private var greatestDelay: Int64 = 0
  /// The delays of the last two runs.
  private var lastRuns: [Int64] = []

  /// Adds the next packet in decoding order.
  mutating func append(pts: Int64, dts: Int64) {
    let origin = origin ?? dts - pts
    self.origin = origin
    let delay = dts - pts - origin
    guard delay != lastRuns.last else { return }
    if lastRuns.count == 2 { greatestDelay = max(greatestDelay, lastRuns.removeFirst()) }
    lastRuns.append(delay)
  }

  /// Whether the reader finds the whole delay.
  var areReadable: Bool { lastRuns.allSatisfy { $0 <= greatestDelay } }
}
