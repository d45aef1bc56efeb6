import ArgumentParser
import Files
import Verification

struct NativeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "native", abstract: "Estimate whether videos have the resolution they claim, or were upscaled.",
    discussion: """
      Reports native, likely_native, upscaled with the estimated source size, or inconclusive, from at most \
      \(NativeThresholds.keyFrames) keyframes of each file; images work too. Exits with 1 when a file is upscaled. \
      \(NativeResolutionReport.limits)
      """)

  @Argument(help: "Media files.", completion: .file())
  var files: [String]

  @Flag(help: "Print one JSON object per file.")
  var json = false

  @OptionGroup var common: CommonOptions

  /// A file that cannot be read decides the exit status before one that is upscaled.
  func run() async throws {
    common.apply()
    var isUpscaled = false
    let failure = try await FileBatch.run(files) { number, _ in
      try NativeResolution.estimate(path: files[number]) { keyframe, count in
        Terminal.progress(
          "\(files[number]): keyframe \(keyframe + 1) of \(count)",
          event: EventRecord(
            .progress, "reading keyframes", step: "keyframes", file: files[number], done: Int64(keyframe + 1),
            total: Int64(count), unit: "keyframes"))
      }
    } show: { number, report in
      isUpscaled = isUpscaled || report.verdict == .upscaled
      if json {
        try Answer.json(NativeResolutionJSON(report, file: files[number]))
      } else {
        Answer.lines(Self.lines(report, files[number]))
      }
    }
    if !json { Terminal.note("limits: \(NativeResolutionReport.limits)") }
    if let failure { throw failure }
    if isUpscaled { throw ExitStatus.no }
  }

  private static func lines(_ report: NativeResolutionReport, _ path: String) -> [String] {
    let source = report.estimatedSize.map { " from about \($0)" } ?? ""
    let confidence = report.confidence > 0 ? ", confidence \(Int((report.confidence * 100).rounded())) %" : ""
    return [
      "\(path): \(report.width)×\(report.height) \(report.verdict.rawValue)\(source)"
        + " (\(counted(report.keyFrames, "keyframe"))\(confidence))",
      "  \(report.reason)",
    ]
  }
}
