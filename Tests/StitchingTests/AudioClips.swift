import Foundation
import Stitching
import Support

/// Small clips with audio of every kind, joined, and the result as `ffmpeg` decodes it.
struct AudioClips {
  let folder: ScratchFolder
  static let rate = 48_000

  init() throws { folder = try ScratchFolder() }

  /// A clip of tiny frames.
  /// - Parameters:
  ///   - audioSource: a source of libavfilter; nil for a clip without an audio track.
  ///   - encoding: how the audio is stored.
  func clip(
    _ name: String, seconds: Double = 2, rate: String = "24", hue: Int = 0, audioSource: String?,
    encoding: [String] = ["-c:a", "pcm_s16le"]
  ) throws -> String {
    var arguments = ["-f", "lavfi", "-i", "testsrc2=size=64x64:rate=\(rate):duration=\(seconds),hue=h=\(hue)"]
    if let audioSource { arguments += ["-f", "lavfi", "-t", "\(seconds)", "-i", audioSource] }
    arguments += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    if audioSource != nil { arguments += encoding }
    try MediaTool.ffmpeg(arguments + [name], in: folder.url)
    return folder.path(name)
  }

  func stitch(
    _ paths: [String], to name: String, _ change: (inout StitchOptions) -> Void = { _ in }
  ) throws -> (path: String, report: StitchReport) {
    var options = StitchOptions()
    options.overlap = .keep
    change(&options)
    let plan = try StitchPlan(paths.map { StitchShot(path: $0) }, options: options)
    return (folder.path(name), try Stitcher(plan, options: options).write(to: folder.path(name)))
  }

  /// Samples of the first channel alone at 48 kHz: a mixdown would change their level.
  static func samples(of path: String) throws -> [Float] {
    let result = try MediaTool.run(
      "ffmpeg",
      [
        "-hide_banner", "-nostdin", "-v", "error", "-i", path, "-map", "0:a:0", "-af", "pan=mono|c0=c0", "-ar", "48000",
        "-c:a", "pcm_f32le", "-f", "f32le", "-",
      ])
    return result.output.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }

  /// Integrated loudness in LUFS and true peak in dBTP, as `ffmpeg` measures them.
  static func loudness(of path: String) throws -> (integrated: Double, truePeak: Double) {
    let result = try MediaTool.run(
      "ffmpeg", ["-hide_banner", "-nostdin", "-i", path, "-map", "0:a", "-af", "ebur128=peak=true", "-f", "null", "-"])
    let summary = result.errors.components(separatedBy: "Summary:").last ?? ""
    func number(after label: String) -> Double {
      summary.components(separatedBy: label).dropFirst().first?.split(separator: " ").first.flatMap {
        Double($0)
      } ?? .nan
    }
    return (number(after: "I:"), number(after: "Peak:"))
  }

  /// Noise that swells and fades as speech does, with peaks far above its mean.
  static let lively = "anoisesrc=color=pink:amplitude=0.6:sample_rate=48000:seed=7,tremolo=f=2:d=0.9"
  /// Two short peaks a second over a very quiet tone.
  static let clicks = "aevalsrc='0.003*sin(2*PI*300*t)+0.7*lt(mod(t,0.5),0.0006)*sin(2*PI*5000*t)':s=48000"
}
