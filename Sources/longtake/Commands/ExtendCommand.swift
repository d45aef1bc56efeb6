import ArgumentParser
import Settings
import Files
import Foundation
import Libav
import Pipeline
import Presets
import Stitching
import Storyboard
import Timing

struct ExtendCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extend", abstract: "Extend a clip with a new shot generated from its last frame.",
    discussion: """
      Generates and verifies a shot that starts from the clip's last frame, and joins it to the clip, which is only read. \
      The workspace is <clip name>.extend.longtake beside the clip; running the command again resumes and pays nothing \
      twice.

      \(RunArguments.environmentHelp)
      """)

  @Argument(help: "The clip to extend.", completion: .file())
  var clip: String

  @Option(help: ArgumentHelp("Prompt of the new shot.", valueName: "text"))
  var prompt: String

  @Option(help: ArgumentHelp("Model; 'longtake models' lists them.", valueName: "id"))
  var model = ClipExtension.defaultModel

  @Option(help: ArgumentHelp("Length of the new shot, e.g. 5s (default: the model's).", valueName: "duration"))
  var duration: DurationArgument?

  @Flag(inversion: .prefixedNo, help: "Generate audio (default: if the clip has audio).")
  var audio: Bool?

  @Option(
    name: .shortAndLong, help: "Output file: .mp4 or .mov (default: <clip name>.extended.mp4).", completion: .file())
  var output: String?

  @Flag(help: "Replace an existing output.")
  var overwrite = false

  @OptionGroup var arguments: RunArguments
  @OptionGroup var lock: LockOptions
  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let duration, !duration.seconds.isPositive { throw ValidationError("--duration must be above 0.") }
  }

  /// The sandbox, unless a key shows that a real model may be meant.
  private func provider(_ configuration: EffectiveConfiguration) throws -> String {
    if let named = arguments.provider?.rawValue ?? configuration[.provider] { return named }
    let services = ProviderKind.allCases.filter { configuration.hasKey(of: $0) }.map(\.rawValue)
    guard services.isEmpty else {
      throw UsageError(
        "name --provider \(services.joined(separator: " or ")) to generate with a model and pay, or --provider sandbox to "
          + "simulate it")
    }
    return ProviderHost.sandboxName
  }

  func run() async throws {
    common.apply()
    let configuration = try presets.configuration(besides: clip)
    let library = try presets.library(configuration)
    let source = URL(filePath: clip)
    let target = output ?? source.deletingPathExtension().path(percentEncoded: false) + ".extended.mp4"
    guard Stitcher.container(for: target) != nil else { throw UsageError("\(target): name the output .mp4 or .mov") }
    try OutputPaths.requireDistinct([target], from: [clip])
    // An output that cannot be created is reported before anything is paid.
    _ = try OutputFile(target, overwrite: overwrite)
    let work = ClipExtension(
      clip: clip, prompt: prompt, model: model, duration: duration?.seconds, generatesAudio: audio,
      workspace: arguments.workspace.map { Workspace(directory: $0) })
    let plan = try work.plan(library: library, provider: try provider(configuration))
    let progress = RunProgress()
    let run = StoryboardRun(
      plan, workspace: work.workspace, options: try arguments.options(configuration, lock: lock), library: library,
      emit: { progress.show($0) })
    let summary = try await run.generate()
    guard summary.isGood else { return try RunSummaryReport.show(summary, json: arguments.json) }
    let report: StitchReport
    do {
      report = try work.join(summary, to: target, overwrite: overwrite) { progress.show(.stitching($0)) }
    } catch {
      Terminal.warning(
        "the new shot is paid and kept: \(summary.workspace.path(summary.shots.first?.clip ?? "")); join it with "
          + "'longtake stitch'")
      throw error
    }
    if arguments.json { return try Answer.json(report) }
    Answer.lines(StitchSummary.lines(report) + ["  cost \(RunSummaryReport.cost(summary))"])
  }
}
