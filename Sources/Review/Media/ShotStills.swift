import Files
import Foundation
import Stitching

/// The audio and the digest of a master: read on a thread of its own while the frames are decoded.
struct MasterReading: Sendable {
  /// Nil without audio that can be decoded.
  let audio: AudioSurvey?
  /// Lower-case hexadecimal.
  let sha256: String
  let bytes: Int64

  static func start(_ timeline: MasterTimeline) -> BackgroundWork<MasterReading> {
    BackgroundWork(named: "longtake.review.audio") { check in
      let audio = try AudioSurvey(timeline, check: check)
      let digest = try FileError.rethrowing(timeline.path) { try SHA256Text.ofFile(timeline.path) }
      return MasterReading(audio: audio, sha256: digest.sha256, bytes: digest.bytes)
    }
  }
}

/// Stills of clips and anchors: made on a thread of their own while the master is decoded.
struct ShotStills: Sendable {
  /// Pixels of the longer side of a take's first frame.
  private static let takeLongerSide = 640
  private static let inlinedTakeLongerSide = 400

  /// JPEG of each anchor and of the first frame of each clip, by path; what cannot be read is missing.
  private(set) var images: [String: [UInt8]] = [:]

  static func start(_ subject: ReviewSubject, isInlining: Bool) -> BackgroundWork<ShotStills> {
    BackgroundWork(named: "longtake.review.stills") { check in
      var stills = ShotStills()
      for (number, shot) in subject.shots.enumerated() {
        for take in shot.takes where !(take.isChosen && subject.showsFirstFrame(ofShot: number)) {
          try check()
          guard let path = take.readablePath, stills.images[path] == nil else { continue }
          stills.images[path] = try? ClipStill.image(
            path, longerSide: isInlining ? inlinedTakeLongerSide : takeLongerSide)
        }
        guard let anchor = shot.anchor, stills.images[anchor.path] == nil else { continue }
        try check()
        stills.images[anchor.path] = try? AnchorStill.image(
          of: anchor, longerSide: isInlining ? StillPlan.inlinedLongerSide : StillPlan.longerSide)
      }
      AnchorStill.removeOthers(than: subject.shots.compactMap(\.anchor))
      return stills
    }
  }

  /// Adds the stills of all anchors to the page.
  /// - Returns: their names by the anchors' paths.
  func addAnchors(of subject: ReviewSubject, to assets: PageAssets) throws -> [String: String] {
    var names: [String: String] = [:]
    for (number, shot) in subject.shots.enumerated() {
      guard let anchor = shot.anchor, names[anchor.path] == nil, let bytes = images[anchor.path] else { continue }
      names[anchor.path] = try assets.add("stills/anchor\(number + 1).jpg", "image/jpeg", bytes)
    }
    return names
  }
}

extension ReviewSubject {
  /// Whether a shot begins in the master with the first frame of its chosen take, as it is.
  func showsFirstFrame(ofShot number: Int) -> Bool {
    guard master != nil, let stitch, stitch.shots.count == shots.count, stitch.joins.count == shots.count - 1,
      stitch.shots[number].keptFrom == 0, stitch.keepsFrames(ofShot: number)
    else { return false }
    return number == 0 || stitch.joins[number - 1].transition == "cut"
  }
}

extension ReviewTake {
  /// Nil without a clip that can be read.
  var readablePath: String? { path.flatMap { FileManager.default.isReadableFile(atPath: $0) ? $0 : nil } }
}
