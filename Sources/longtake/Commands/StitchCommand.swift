public import ArgumentParser
import Files
import Foundation
import Libav
public import Stitching

struct StitchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stitch", abstract: "Join shots into one master without a seam.",
    discussion: """
      Frames that the next shot repeats are dropped from the end of the shot before; only those that depend on them are \
      encoded again, everything else is copied bit for bit. Shots that do not fit together are refused before anything is \
      written.
      """)

  @Argument(help: "Shots, in order.", completion: .file())
  var files: [String]

  @Option(name: .shortAndLong, help: "The master: .mp4 or .mov.", completion: .file())
  var output: String

  @Option(help: "auto, copy (never encode), smart (encode the least) or encode (everything).")
  var mode: StitchOptions.Mode = .auto

  @Option(help: "Frames dropped at each join: auto (measured), keep (none) or a number.")
  var overlap: StitchOptions.Overlap = .automatic

  @Option(help: "Write what was done, join by join, as JSON.", completion: .file())
  var report: String?

  @Option(help: "What is decoded of the written master to prove it: all frames, or joins for shots verified already.")
  var check: StitchOptions.Check = .all

  @Flag(name: .customLong("dry-run"), help: "Plan and measure only; write nothing.")
  var dryRun = false

  @Flag(help: "Replace the output if it exists.")
  var overwrite = false

  @Flag(help: "The report on stdout.")
  var json = false

  @OptionGroup(title: "Frame") var frame: StitchVideoOptions
  @OptionGroup(title: "Audio") var audio: StitchAudioOptions
  @OptionGroup(title: "Metadata") var metadata: StitchMetadataOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    common.apply()
    var options = StitchOptions()
    options.mode = mode
    options.overlap = overlap
    audio.apply(to: &options)
    try metadata.apply(to: &options)
    options.overwrite = overwrite
    options.check = check
    options.video = frame.frame
    let shots = try frame.shots(files)
    guard let container = Stitcher.container(for: output) else {
      throw UsageError("\(output): name the master .mp4 or .mov")
    }
    try options.audio.requireContainer(container, of: output)
    try DistinctFiles.require(writing: outputs, reading: files + [audio.music].compactMap(\.self))
    // Made now, so that what cannot be written is told before the work and not after it.
    for path in outputs { _ = try OutputFile(path, overwrite: overwrite) }
    let plan = try StitchPlan(shots, options: options, progress: Self.show)
    let stitcher = Stitcher(plan, options: options)
    if dryRun {
      try finish(try stitcher.plannedReport(output: output))
    } else {
      try finish(try stitcher.write(to: output, progress: Self.show))
    }
    try metadata.writeTimeline(plan, options: options, master: output)
  }

  /// Everything that is written.
  private var outputs: [String] { [output, report, metadata.otio].compactMap(\.self) }

  private func finish(_ done: StitchReport) throws {
    if let report {
      let file = try OutputFile(report, overwrite: overwrite)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try file.write(Array(try encoder.encode(done)))
      try file.commit()
    }
    if json { try Output.json(done) }
    if done.audio == nil, audio.loudness != nil {
      Terminal.warning("no shot has audio, so there is none to bring to --loudness")
    }
    for line in StitchSummary.lines(done) { Terminal.note(line) }
  }

  private static func show(_ event: StitchEvent) {
    switch event {
    case .indexed(let shot, let count): Terminal.progress("reading shot \(shot) of \(count)")
    case .analysed(let join, let count, let overlap):
      Terminal.progress("join \(join) of \(count): \(overlap) repeated")
    case .measuringLoudness(let pass): Terminal.progress("measuring loudness, pass \(pass)")
    case .written(let frames, let count): Terminal.progress("writing frame \(frames) of \(count)")
    case .proving: Terminal.progress("checking what was written")
    }
  }
}

extension StitchOptions.Mode: ExpressibleByArgument {}

extension StitchOptions.Check: ExpressibleByArgument {}

extension StitchOptions.Overlap: ExpressibleByArgument {
  public init?(argument: String) {
    switch argument {
    case "auto": self = .automatic
    case "keep": self = .keep
    default:
      guard let count = Int(argument), count >= 0 else { return nil }
      self = .fixed(count)
    }
  }
}
