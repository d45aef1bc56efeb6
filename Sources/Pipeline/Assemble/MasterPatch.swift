import Files
import Foundation
import Libav
import Stitching

/// Proof that a master differs from the one before only around the shots that were redone between their neighbours.
///
/// Both files' packets are compared byte for byte, whatever their times.
public struct MasterPatch: Sendable, Codable, Hashable {
  /// Ids of the redone shots.
  public let shots: [String]
  /// SHA-256 of the master that was replaced.
  public let replacedSHA256: String
  /// Video packets of the new master.
  public let packets: Int
  /// Of these, in decoding order from the start and from the end, byte for byte those of the master that was replaced.
  public let packetsKeptBefore: Int
  public let packetsKeptAfter: Int
  /// The same for whole shots between two redone ones.
  public let packetsKeptBetween: Int
  /// Frames between them, in the new master: the first, and the first after them.
  public let changedFrom: Int
  public let changedTo: Int
  /// Of the changed frames, copied from the new clips and re-encoded at the joins.
  public let framesCopied: Int
  public let framesEncoded: Int
  /// Packets of the first audio track, and of these the ones kept from the start and from the end.
  public let audioPackets: Int
  public let audioPacketsKeptBefore: Int
  public let audioPacketsKeptAfter: Int
  /// The others. A master's audio is encoded as one stream and never copied from clips: AAC packets after the first redone
  /// shot differ, as a rule to the end of the track, because the encoder's state does. PCM differs in that shot only.
  public let audioPacketsReencoded: Int
  /// Of the video alone: whether no packet changed outside the redone shots and the re-encoded frames at their joins.
  public let passed: Bool

  private enum CodingKeys: String, CodingKey {
    case shots, packets, passed
    case replacedSHA256 = "replaced_sha256"
    case packetsKeptBefore = "packets_kept_before"
    case packetsKeptAfter = "packets_kept_after"
    case packetsKeptBetween = "packets_kept_between"
    case changedFrom = "changed_from"
    case changedTo = "changed_to"
    case framesCopied = "frames_copied"
    case framesEncoded = "frames_encoded"
    case audioPackets = "audio_packets"
    case audioPacketsKeptBefore = "audio_packets_kept_before"
    case audioPacketsKeptAfter = "audio_packets_kept_after"
    case audioPacketsReencoded = "audio_packets_reencoded"
  }

  /// - Parameters:
  ///   - shots: ids of the redone shots.
  ///   - report: of the new master; its shots are titled by their ids.
  init(_ shots: [String], from old: EarlierMaster, to new: String, _ report: StitchReport) throws {
    let (before, after) = (try PacketDigests(of: old.path), try PacketDigests(of: new))
    let video = SharedEnds(before.video, after.video)
    let audio = SharedEnds(before.audio, after.audio)
    let expected = UnchangedFrames(beside: shots, in: report)
    var isKept = true
    var between = 0
    for run in expected.runs {
      let frames = after.video[run.frames.clamped(to: 0..<after.video.count)]
      let found = before.video.contains(frames)
      isKept = isKept && found
      if found, run.isBetween { between += frames.count }
    }
    self.shots = shots
    replacedSHA256 = old.record.sha256
    packets = after.video.count
    packetsKeptBefore = video.first
    packetsKeptAfter = video.last
    packetsKeptBetween = between
    changedFrom = video.first
    changedTo = after.video.count - video.last
    framesCopied = expected.copied
    framesEncoded = expected.encoded
    audioPackets = after.audio.count
    audioPacketsKeptBefore = audio.first
    audioPacketsKeptAfter = audio.last
    audioPacketsReencoded = after.audio.count - audio.first - audio.last
    passed =
      isKept && video.first >= expected.before && after.video.count - video.last <= report.frames - expected.after
  }
}

/// SHA-256 of each packet of a file's first video and audio stream, in decoding order.
private struct PacketDigests {
  private(set) var video: [String] = []
  private(set) var audio: [String] = []

  init(of path: String) throws {
    let demuxer = try Demuxer(path: path, purpose: .copying)
    let videoIndex = demuxer.streams.first { $0.kind == .video && !$0.isAttachedPicture }?.index
    let audioIndex = demuxer.mainAudio?.index
    demuxer.select(Set([videoIndex, audioIndex].compactMap(\.self)))
    let packet = try Packet()
    while try demuxer.read(into: packet) {
      try Task.checkCancellation()
      let digest = SHA256Text.of(packet.bytes)
      if packet.streamIndex == videoIndex { video.append(digest) } else { audio.append(digest) }
    }
  }
}

/// How many values two lists share from their start and, beyond these, from their end.
private struct SharedEnds {
  let first: Int
  let last: Int

  init(_ old: [String], _ new: [String]) {
    let shared = min(old.count, new.count)
    let first = zip(old, new).prefix { $0 == $1 }.count
    self.first = first
    last = zip(old.reversed(), new.reversed()).prefix(shared - first).prefix { $0 == $1 }.count
  }
}

/// The frames of a new master that cannot differ: all but the redone shots, and the ones re-encoded at the end of the shot
/// before and at the start of the one after.
private struct UnchangedFrames {
  struct Run {
    let frames: Range<Int>
    /// Whether redone shots are on both sides.
    let isBetween: Bool
  }

  private(set) var runs: [Run] = []
  /// Frames from the start, and from the end.
  private(set) var before = 0
  private(set) var after = 0
  /// Frames of the redone shots that are copied, and of these and at their joins re-encoded.
  private(set) var copied = 0
  private(set) var encoded = 0

  init(beside redone: [String], in report: StitchReport) {
    var frame = 0
    var start = 0
    var seen = false
    func isRedone(_ index: Int) -> Bool {
      report.shots.indices.contains(index) && redone.contains(report.shots[index].title)
    }
    for (index, shot) in report.shots.enumerated() {
      if isRedone(index) {
        copied += shot.framesCopied
        encoded += shot.framesEncoded
        if index > 0, !isRedone(index - 1) {
          // At most these, also where some are at the start of that shot.
          let end = max(start, frame - report.shots[index - 1].framesEncoded)
          encoded += report.shots[index - 1].framesEncoded
          if seen { runs.append(Run(frames: start..<end, isBetween: true)) } else { before = end }
        }
        seen = true
        start = frame + shot.framesKept
        if index + 1 < report.shots.count, report.joins[index].changesNext {
          start += report.shots[index + 1].framesEncoded
        }
      }
      frame += shot.framesKept
    }
    after = max(0, report.frames - start)
    runs.append(Run(frames: 0..<before, isBetween: false))
    runs.append(Run(frames: report.frames - after..<report.frames, isBetween: false))
  }
}

extension [String] {
  /// Whether these values follow each other somewhere here.
  fileprivate func contains(_ values: ArraySlice<String>) -> Bool {
    guard let first = values.first else { return true }
    return indices.contains { self[$0] == first && self[$0...].starts(with: values) }
  }
}

extension StitchReport.Join {
  /// Whether frames of the shot after it are re-encoded for it.
  fileprivate var changesNext: Bool { fadeFrames > 0 || transition != "cut" || colorMatch != nil }
}

/// A second name for a master while another takes its place; removed with the value.
final class EarlierMaster: Sendable {
  let path: String
  let record: MasterRecord

  /// Nil when the file system cannot link.
  init?(_ record: MasterRecord, in workspace: Workspace) {
    path = workspace.path(".master.earlier.mp4")
    self.record = record
    unlink(path)
    guard link(workspace.masterPath, path) == 0 else { return nil }
  }

  deinit { unlink(path) }
}

extension MasterRecord {
  /// Ids of the shots whose clips in a new master differ, byte for byte; nil when the shots themselves do.
  func changedShots(in shots: [StitchShot]) throws -> [String]? {
    guard stitch.shots.map(\.title) == shots.map(\.title) else { return nil }
    // Another take may have the same bytes, and then the master was kept.
    return try zip(stitch.shots, shots).filter { old, new in
      guard old.file != new.path, let earlier = try? FileDigest.sha256(ofFile: old.file) else {
        return old.file != new.path
      }
      return try FileDigest.sha256(ofFile: new.path) != earlier
    }.map(\.0.title)
  }
}
