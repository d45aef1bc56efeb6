public import ArgumentParser
import Files
import Foundation
import Libav
public import Stitching
import Timing

struct StitchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stitch", abstract: "Join shots into one master without a seam.",
    discussion: """
      Drops the frames at the end of a shot that the next shot repeats. Re-encodes only the frames that depend on dropped \
      ones and copies the rest bit for bit. Refuses shots of different formats before it writes anything.
      """)

  @Argument(help: "Shots, in order.", completion: .file())
  var files: [String]

  @Option(name: .shortAndLong, help: "The master: .mp4 or .mov.", completion: .file())
  var output: String

  @Option(help: "copy: never re-encode; smart: re-encode the minimum; encode: everything.")
  var mode: StitchOptions.Mode = .auto

  @Option(
    help: ArgumentHelp("Frames to drop at each join: auto (measured), keep (none) or a number.", valueName: "n"))
  var overlap: StitchOptions.Overlap = .automatic

  @Option(help: ArgumentHelp("Write a JSON report of every join.", valueName: "file"), completion: .file())
  var report: String?

  @Option(help: "Frames of the written master to decode for verification: all, or those around the joins.")
  var check: StitchOptions.Check = .all

  @Flag(name: .customLong("dry-run"), help: "Measure and plan only; write nothing.")
  var dryRun = false

  @Flag(help: "Replace an existing output.")
  var overwrite = false

  @Flag(help: "Print the report as a JSON object.")
  var json = false

  @OptionGroup(title: "Video") var video: StitchVideoOptions
  @OptionGroup(title: "Audio") var audio: StitchAudioOptions
  @OptionGroup(title: "Metadata") var metadata: StitchMetadataOptions
  @OptionGroup(title: "Voice") var voice: VoiceArguments
  @OptionGroup(title: "Captions") var captions: CaptionArguments
  @OptionGroup(title: "Marks of generated media") var marking: MarkingArguments
  @OptionGroup var common: CommonOptions

  func run() throws {
    common.apply()
    var options = StitchOptions()
    options.mode = mode
    options.overlap = overlap
    audio.apply(to: &options)
    try metadata.apply(to: &options)
    captions.apply(to: &options)
    try marking.apply(to: &options.marking)
    options.marking.tool = "longtake \(Longtake.version)"
    options.overwrite = overwrite
    options.check = check
    options.video = video.videoOptions
    options.retime = video.retiming
    let shots = try video.shots(files)
    guard let container = Stitcher.container(for: output) else {
      throw UsageError("\(output): name the master .mp4 or .mov")
    }
    try options.audio.requireContainer(container, of: output)
    try OutputPaths.requireDistinct(
      outputs, from: files + voice.files + captions.captions.map(\.file) + [audio.music].compactMap(\.self))
    // An output that cannot be created is reported before the work, not after it.
    for path in outputs { _ = try OutputFile(path, overwrite: overwrite) }
    let plan = try StitchPlan(shots, options: options, progress: Self.show)
    try LanguageVersion.check(versions, program: plan.sourceRate.duration(frames: plan.frameCount).doubleValue)
    for (number, version) in versions.enumerated() {
      options.audio.voice = version.voice
      options.audio.language = version.language
      try write(plan, options, number: number)
    }
    try metadata.writeTimeline(plan, options: options, master: masters[0])
  }

  /// Writes the master of one language; those after the first copy its video packets.
  private func write(_ plan: StitchPlan, _ options: StitchOptions, number: Int) throws {
    let stitcher = Stitcher(plan, options: options)
    let master = masters[number]
    guard !dryRun else { return try finish(try stitcher.plannedReport(output: master), number) }
    let report = try stitcher.write(to: master, videoOf: number > 0 ? masters[0] : nil, progress: Self.show)
    Events.emit(
      EventRecord(
        .written, "the master is written", step: "master", file: master, total: Int64(report.frames), unit: "frames"))
    try finish(report, number)
  }

  private var versions: [LanguageVersion] {
    voice.versions.isEmpty ? [LanguageVersion(language: nil, voice: nil)] : voice.versions
  }

  /// The master, or one for each of several languages.
  private var masters: [String] { perLanguage(output) }

  private func perLanguage(_ path: String) -> [String] {
    versions.map { versions.count > 1 ? Stitcher.path(path, language: $0.language ?? "und") : path }
  }

  /// Every file to write.
  private var outputs: [String] { masters + (report.map(perLanguage) ?? []) + [metadata.otio].compactMap(\.self) }

  private func finish(_ done: StitchReport, _ number: Int) throws {
    if let report = report.map({ perLanguage($0)[number] }) {
      let file = try OutputFile(report, overwrite: overwrite)
      try file.write(Array(try JSONOutput.data(done, pretty: true)))
      try file.commit()
    }
    if done.audio == nil, audio.loudness != nil {
      Terminal.warning("no shot has audio; --loudness is ignored")
    }
    for note in done.notes { Terminal.warning(note) }
    CaptionArguments.warn((done.captions ?? []).flatMap(\.problems))
    if json { try Answer.json(done) } else { Answer.lines(StitchSummary.lines(done)) }
  }

  private static func show(_ event: StitchEvent) {
    switch event {
    case .indexed(let shot, let count): Terminal.progress("reading shot \(shot) of \(count)", event: EventRecord(event))
    case .analysed(let join, let count, let overlap):
      Terminal.progress("join \(join) of \(count): \(counted(overlap, "repeated frame"))", event: EventRecord(event))
    case .measuringLoudness(let pass): Terminal.progress("measuring loudness, pass \(pass)", event: EventRecord(event))
    case .written(let frames, let count):
      Terminal.progress("writing frame \(frames) of \(count)", event: EventRecord(event))
    case .proving: Terminal.progress("verifying the master", event: EventRecord(event))
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
