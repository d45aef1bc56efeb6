import Files
import Foundation
import Libav
import Stitching

/// Proof that a master differs from the one before only around the shots that were redone between their neighbours.
///
/// Both files' video packets are compared byte for byte, whatever their times.
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
  /// Frames between them, in the new master: the first, and the first after them.
  public let changedFrom: Int
  public let changedTo: Int
  /// Of the changed frames, copied from the new clips and re-encoded at the joins.
  public let framesCopied: Int
  public let framesEncoded: Int
  /// Whether nothing changed outside the redone shots and the re-encoded frames at their joins.
  public let passed: Bool

  private enum CodingKeys: String, CodingKey {
    case shots, packets, passed
    case replacedSHA256 = "replaced_sha256"
    case packetsKeptBefore = "packets_kept_before"
    case packetsKeptAfter = "packets_kept_after"
    case changedFrom = "changed_from"
    case changedTo = "changed_to"
    case framesCopied = "frames_copied"
    case framesEncoded = "frames_encoded"
  }

  /// - Parameters:
  ///   - shots: ids of the redone shots.
  ///   - report: of the new master; its shots are titled by their ids.
  init(_ shots: [String], from old: String, sha256: String, to new: String, _ report: StitchReport) throws {
    let before = try Self.packetDigests(of: old)
    let after = try Self.packetDigests(of: new)
    let shared = min(before.count, after.count)
    var prefix = 0
    while prefix < shared, before[prefix] == after[prefix] { prefix += 1 }
    var suffix = 0
    while suffix < shared - prefix, before[before.count - 1 - suffix] == after[after.count - 1 - suffix] { suffix += 1 }
    let allowed = Self.allowed(shots, report)
    self.shots = shots
    replacedSHA256 = sha256
    packets = after.count
    packetsKeptBefore = prefix
    packetsKeptAfter = suffix
    changedFrom = prefix
    changedTo = after.count - suffix
    framesCopied = allowed.copied
    framesEncoded = allowed.encoded
    passed = prefix >= allowed.frames.lowerBound && after.count - suffix <= allowed.frames.upperBound
  }

  /// The frames that may differ: those of the shots, and the ones re-encoded at the end of the shot before and at the start
  /// of the one after.
  private static func allowed(
    _ shots: [String], _ report: StitchReport
  ) -> (frames: Range<Int>, copied: Int, encoded: Int) {
    let redone = report.shots.indices.filter { shots.contains(report.shots[$0].title) }
    guard let first = redone.first, let last = redone.last else { return (0..<0, 0, 0) }
    let start = report.shots[..<first].reduce(0) { $0 + $1.framesKept }
    let end = report.shots[...last].reduce(0) { $0 + $1.framesKept }
    let head = first > 0 ? report.shots[first - 1].framesEncoded : 0
    let tail =
      last + 1 < report.shots.count && report.joins[last].changesNext ? report.shots[last + 1].framesEncoded : 0
    let own = report.shots[first...last]
    return (
      max(0, start - head)..<min(report.frames, end + tail), own.reduce(0) { $0 + $1.framesCopied },
      own.reduce(head) { $0 + $1.framesEncoded }
    )
  }

  /// SHA-256 of each video packet, in decoding order.
  private static func packetDigests(of path: String) throws -> [String] {
    let demuxer = try Demuxer(path: path, purpose: .copying)
    guard let video = demuxer.streams.first(where: { $0.kind == .video && !$0.isAttachedPicture }) else { return [] }
    demuxer.select([video.index])
    let packet = try Packet()
    var digests: [String] = []
    while try demuxer.read(into: packet) {
      try Task.checkCancellation()
      if packet.streamIndex == video.index { digests.append(SHA256Text.of(packet.bytes)) }
    }
    return digests
  }
}

extension StitchReport.Join {
  /// Whether frames of the shot after it are re-encoded for it.
  fileprivate var changesNext: Bool { fadeFrames > 0 || transition != "cut" || colorMatch != nil }
}

/// A second name for a master while another takes its place; removed with the value.
final class EarlierMaster: Sendable {
  let path: String
  let sha256: String

  private init(path: String, sha256: String) {
    self.path = path
    self.sha256 = sha256
  }

  deinit { unlink(path) }

  /// Nil when there is no master that an earlier run has verified, or the file system cannot link.
  static func unaltered(in workspace: Workspace) throws -> EarlierMaster? {
    guard let master = try MasterRecord.unaltered(in: workspace) else { return nil }
    let name = workspace.path(".master.earlier.mp4")
    unlink(name)
    guard link(workspace.masterPath, name) == 0 else { return nil }
    return EarlierMaster(path: name, sha256: master.sha256)
  }
}
