import Bitstream
import Libav
import Probing
import Timing

/// Encoder settings that match a shot's stream, so that encoded frames can be spliced with its copied packets.
struct ShotEncoding: Sendable {
  /// Constant rate factor: finer than services deliver, so that re-encoded frames look like their neighbours.
  static let constantRateFactor = 12
  /// Seconds from one IDR to the next when a whole shot is encoded.
  static let secondsPerGOP = 2
  static let bFramesOfWholeShots = 2
  /// Highest `seq_parameter_set_id` of H.264.
  private static let maximumSetID = 31

  let settings: VideoEncoding

  /// - Parameters:
  ///   - setID: the parameter-set id to write, for H.264.
  ///   - isWhole: whether whole shots are encoded, with B-frames; at a splice they would only add delay.
  init(like clip: SourceClip, setID: Int, isWhole: Bool) throws {
    let isHEVC = clip.codec == "hevc"
    guard let format = PixelFormat(name: clip.info.pixelFormat), let base = TimeBase(clip.rate.frameDuration) else {
      throw StitchError(.unusableShot, "has the unknown pixel format \(clip.info.pixelFormat)", file: clip.path)
    }
    var settings = VideoEncoding(
      encoder: isHEVC ? "libx265" : "libx264", width: clip.info.width, height: clip.info.height, pixelFormat: format,
      timeBase: base, frameRate: clip.rate)
    let ratio = clip.info.sampleAspectRatio
    settings.sampleAspectRatio = ratio.isPositive ? ratio : .undefined
    settings.color = clip.info.color
    settings.bFrames = isWhole ? Self.bFramesOfWholeShots : 0
    settings.gopLength = clip.rate.frames(in: Rational(Self.secondsPerGOP))
    let level = clip.level ?? 0
    if isHEVC {
      let bFrames = isWhole ? Self.bFramesOfWholeShots : 0
      settings.options = [
        "preset": "fast", "crf": "\(Self.constantRateFactor)",
        "x265-params":
          "log-level=error:open-gop=0:repeat-headers=0:bframes=\(bFrames):b-pyramid=0:rc-lookahead=5:info=0:hrd=0:aud=0"
          + (level > 0 ? ":level-idc=\(level / 3)" : ""),
      ]
    } else {
      settings.options = [
        "preset": "faster", "crf": "\(Self.constantRateFactor)",
        "x264-params":
          "sps-id=\(setID):open-gop=0:b-pyramid=none:rc-lookahead=5:sync-lookahead=0:nal-hrd=none:force-cfr=1:aud=0",
      ]
      if let profile = Self.x264Profile(clip.profile) { settings.options["profile"] = profile }
      if level > 9 { settings.options["level"] = "\(level / 10).\(level % 10)" }
    }
    self.settings = settings
  }

  /// The lowest H.264 parameter-set id that no shot uses.
  static func freeSetID(_ shots: [ParameterSets]) -> Int? {
    let used = shots.reduce(into: Set<Int>()) { $0.formUnion($1.ids(of: .sps).union($1.ids(of: .pps))) }
    return (0...maximumSetID).first { !used.contains($0) }
  }

  func parameterSets() throws -> ParameterSets {
    let encoder = try Encoder(settings)
    return ParameterSets(extradata: try encoder.parameters().extradata, isHEVC: settings.encoder == "libx265")
  }

  private static func x264Profile(_ name: String?) -> String? {
    switch name {
    case "Baseline", "Constrained Baseline": "baseline"
    case "Main": "main"
    case "High": "high"
    case "High 10": "high10"
    case "High 4:2:2": "high422"
    case "High 4:4:4 Predictive": "high444"
    default: nil
    }
  }
}
