import ArgumentParser
import Verification

struct NativeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "native", abstract: "Tell whether frames are really of the resolution that they claim.",
    discussion: """
      Answers native, likely_native, upscaled with the estimated size of the source, or inconclusive, from at most \
      \(NativeThresholds.keyFrames) keyframes of each file; still frames are taken too. Exit status 1 when a file is \
      upscaled. \(NativeResolutionReport.limits)
      """)

  @Argument(help: "Media files.", completion: .file())
  var files: [String]

  @Flag(help: "One JSON object per file.")
  var json = false

  @OptionGroup var common: CommonOptions

  /// Every file is looked at; the first failure decides the exit status, before any answer "upscaled".
  func run() throws {
    common.apply()
    var failure: ExitStatus?
    var isUpscaled = false
    for path in files {
      do {
        let report = try NativeResolution.estimate(path: path) { number, count in
          Terminal.progress("\(path): keyframe \(number + 1) of \(count)")
        }
        isUpscaled = isUpscaled || report.verdict == .upscaled
        if json {
          try Output.json(NativeResolutionJSON(report, file: path))
        } else {
          for line in Self.lines(report, path) { Terminal.note(line) }
        }
      } catch {
        if error is CancellationError { throw error }
        let status = Failure.report(error)
        failure = failure ?? status
      }
    }
    if let failure { throw failure }
    if isUpscaled { throw ExitStatus.no }
  }

  private static func lines(_ report: NativeResolutionReport, _ path: String) -> [String] {
    let source = report.estimatedSize.map { " from about \($0)" } ?? ""
    let sureness = report.confidence > 0 ? ", confidence \(Int((report.confidence * 100).rounded())) %" : ""
    return [
      "\(path): \(report.width)×\(report.height) \(report.verdict.rawValue)\(source)"
        + " (\(report.keyFrames) key \(report.keyFrames == 1 ? "frame" : "frames")\(sureness))",
      "  \(report.note)",
    ]
  }
}
