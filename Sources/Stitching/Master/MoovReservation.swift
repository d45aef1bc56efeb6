import Captions
import Probing

/// Space reserved for the `moov` box at the front of a large master, so that the media data need not be moved
/// afterwards.
///
/// The unused part becomes a `free` box.
struct MoovReservation: Sendable {
  /// An upper bound of this master's `moov` box.
  let bytes: Int

  /// Copied bytes from which moving them costs more than the reserved space.
  private static let minimumCopiedBytes = 16 << 20
  /// Bytes of one packet in the sample tables: size 4, offset 8, chunk 12, duration 8, composition offset 8, sync
  /// sample 4, dependency 1, and a margin.
  private static let perPacket = 64
  /// Bytes of a chapter, in the chapter list and in the chapter track.
  private static let perChapter = 1 << 10
  /// Bytes of the boxes that do not grow with the master.
  private static let fixed = 64 << 10
  private static let samplesPerPacket = 1024

  /// Nil for a small master.
  init?(_ plan: StitchPlan, chapters: [ShotPlan], samples: Int, captions: [CaptionTrack], metadata: [String: String]) {
    let copied = plan.shots.reduce(0) { sum, shot in
      sum
        + shot.segments.reduce(0) { sum, segment in
          guard case .copy(let packets, _) = segment else { return sum }
          return packets.reduce(sum) { $0 + shot.clip.video.entries[$1].size }
        }
    }
    guard copied >= Self.minimumCopiedBytes else { return nil }
    let text = metadata.reduce(0) { $0 + 2 * ($1.key.utf8.count + $1.value.utf8.count + 64) }
    let titles = chapters.reduce(0) { $0 + 2 * ($1.clip.shot.title.utf8.count) }
    let headers = plan.shots.reduce(0) { $0 + $1.clip.extradata.count }
    let packets =
      plan.frameCount + samples / Self.samplesPerPacket + 16
      + captions.reduce(0) { $0 + 2 * $1.cues.count + 16 }
    bytes = Self.fixed + packets * Self.perPacket + chapters.count * Self.perChapter + text + titles + 2 * headers
  }
}
