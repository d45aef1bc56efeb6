import Probing

/// Room kept free at the front of a big master for its header, so that the frames need not be moved behind it afterwards.
///
/// What is not used of it stays as an empty `free` box.
struct MoovReservation: Sendable {
  /// Enough for the header of this master, whatever the muxer writes into it.
  let bytes: Int

  /// Copied bytes from which moving them costs more than some empty room.
  private static let worthwhileFrom = 16 << 20
  /// Bytes of one packet in the tables: size 4, offset 8, chunk 12, duration 8, display time 8, keyframe 4, dependency 1, with
  /// some room.
  private static let perPacket = 64
  /// Bytes of a chapter: its title in the list and the entry of its own in a track.
  private static let perChapter = 1 << 10
  /// Bytes of boxes that every master has.
  private static let fixed = 64 << 10
  private static let samplesPerPacket = 1024

  /// Nil for a small master.
  init?(_ plan: StitchPlan, samples: Int, metadata: [String: String]) {
    let copied = plan.shots.reduce(0) { sum, shot in
      sum
        + shot.segments.reduce(0) { sum, segment in
          guard case .copy(let packets, _) = segment else { return sum }
          return packets.reduce(sum) { $0 + shot.clip.video.entries[$1].size }
        }
    }
    guard copied >= Self.worthwhileFrom else { return nil }
    let words = metadata.reduce(0) { $0 + 2 * ($1.key.utf8.count + $1.value.utf8.count + 64) }
    let titles = plan.shots.reduce(0) { $0 + 2 * ($1.clip.shot.title.utf8.count) }
    let headers = plan.shots.reduce(0) { $0 + $1.clip.extradata.count }
    let packets = plan.frameCount + samples / Self.samplesPerPacket + 16
    bytes = Self.fixed + packets * Self.perPacket + plan.shots.count * Self.perChapter + words + titles + 2 * headers
  }
}
