import ArgumentParser
import Files
import Foundation
import Libav
import Pipeline
import Presets
import Stitching
import Timing

struct ExtendCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extend", abstract: "Make a clip longer by a new shot that goes on from its last frame.",
    discussion: """
      The clip's last frame becomes the start of a new shot, which is generated, checked and joined to the clip. The clip \
      itself is only read. Everything is kept in a workspace (<clip name>.extend.longtake beside the clip), so that running \
      it again goes on where it ended and nothing is paid twice.
      """)

  @Argument(help: "The clip to go on from.", completion: .file())
  var clip: String

  @Option(help: "What the new shot shows.")
  var prompt: String

  @Option(help: "The model; 'longtake models' lists them.")
  var model = ClipExtension.usualModel

  @Option(help: "Seconds of the new shot; the model's usual length without it.")
  var duration: String?

  @Flag(inversion: .prefixedNo, help: "Whether the new shot has audio; as the clip without it.")
  var audio: Bool?

  @Option(name: .shortAndLong, help: "Where to write; <clip name>.extended.mp4 without it.", completion: .file())
  var output: String?

  @Flag(help: "Replace the output if it exists.")
  var overwrite = false

  @OptionGroup var arguments: RunArguments

  func validate() throws {
    if let duration, !(Rational(parsing: duration)?.isPositive ?? false) {
      throw ValidationError("--duration takes seconds, such as 5.")
    }
  }

  func run() async throws {
    arguments.common.apply()
    let library = try arguments.presets.library()
    let source = URL(filePath: clip)
    let target = output ?? source.deletingPathExtension().path(percentEncoded: false) + ".extended.mp4"
    guard Stitcher.container(for: target) != nil else { throw UsageError("\(target): name the output .mp4 or .mov") }
    guard URL(filePath: target).standardizedFileURL != source.standardizedFileURL else {
      throw UsageError("\(target): is the clip itself; name another file to write to")
    }
    // Before anything is paid: what cannot be written is told now.
    _ = try OutputFile(target, overwrite: overwrite)
    let work = ClipExtension(
      clip: clip, prompt: prompt, model: model, duration: duration.flatMap { Rational(parsing: $0) },
      generatesAudio: audio, workspace: arguments.workspace.map { Workspace(directory: $0) })
    let plan = try work.plan(library: library, provider: arguments.provider?.rawValue ?? ProviderHost.sandboxName)
    let drawing = RunProgress()
    let production = StoryboardRun(
      plan, workspace: work.workspace, options: arguments.options(), library: library, emit: { drawing.show($0) })
    let summary = try await production.generate()
    guard summary.isGood else { return try RunEnding.show(summary, json: false) }
    let report: StitchReport
    do {
      report = try work.join(summary, to: target, overwrite: overwrite) { drawing.show(.stitching($0)) }
    } catch {
      Terminal.warning(
        "the new shot is paid and kept: \(summary.workspace.path(summary.shots.first?.clip ?? "")); 'longtake stitch' joins "
          + "it in other ways")
      throw error
    }
    if arguments.json { try Output.json(report) }
    for line in StitchSummary.lines(report) { Terminal.note(line) }
    Terminal.note("  cost \(summary.spent)\(summary.isStandIn ? " (the sandbox is a stand-in)" : "")")
  }
}
