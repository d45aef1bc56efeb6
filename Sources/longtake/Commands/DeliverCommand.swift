public import ArgumentParser
import Delivery
import Files
import Foundation
import Pipeline
public import Presets
import Stitching
import Timing
import Verification

struct DeliverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deliver", abstract: "Encode delivery versions of a master and verify each.",
    discussion: """
      Each preset is a recipe with a verify preset of its own; a version that fails it is not delivered, and the command \
      exits with 1. Encodes in chunks on all processors; the same command after an interruption goes on with the chunks \
      that are whole. Writes manifest.json, SHA256SUMS and qc.html, a report to read and print, beside the files.

      Each file is marked: IPTC digital source type, creation tool, models and AIGC metadata in XMP; AIGC and the digests of \
      prompts also in the container's metadata. LONGTAKE_SIGN_COMMAND is a shell command that signs the file $1 into $2, such \
      as 'c2patool "$1" -m manifest.json -o "$2"'; the signed file is what is verified and delivered.
      """)

  @Argument(help: "The master.", completion: .file())
  var master: String?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Names of delivery presets, or paths of your own.", valueName: "name|path"))
  var preset: [String] = []

  @Option(name: .shortAndLong, help: ArgumentHelp("Folder of the files.", valueName: "dir"), completion: .directory)
  var output: String?

  @Flag(help: "Replace existing files.")
  var overwrite = false

  @Flag(help: "Print one JSON object per file.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Name of each file: {title}, {adid}, {preset} and {language}; empty ones are left out.", valueName: "template"))
  var name = DeliveryOptions.usualTemplate

  @Option(help: "Title (default: the master's, else its file name).")
  var title: String?

  @Option(name: .customLong("ad-id"), help: ArgumentHelp("Ad-ID or clock number.", valueName: "id"))
  var adID: String?

  @Option(help: "Advertiser, for the slate.")
  var advertiser: String?

  @Option(help: ArgumentHelp("Language of the audio, three letters (ISO 639-2).", valueName: "code"))
  var language: String?

  @Option(help: "How the master fills a size of another shape: pad, crop, blur or within (default: the preset's).")
  var fit: DeliveryFit?

  @Option(help: ArgumentHelp("Centre of a crop in parts of the frame (default: the preset's).", valueName: "x,y"))
  var center: PointArgument?

  @Flag(
    name: .customLong("keep-pitch"),
    help: "Keep the pitch of audio that is retimed with its frames (default: it changes as speed does).")
  var keepPitch = false

  @Option(
    help: ArgumentHelp(
      "Chunks to encode at a time (default: one for each 8 processors at 4K, 4 at 1080p).", valueName: "n"))
  var jobs: Int?

  @Flag(name: .customLong("list-presets"), help: "List the delivery presets found.")
  var listPresets = false

  @OptionGroup(title: "Voice") var voice: VoiceArguments
  @OptionGroup(title: "Captions") var captions: CaptionArguments
  @OptionGroup(title: "Captions") var captionForms: CaptionFormArguments
  @OptionGroup(title: "Marks of generated media") var marking: MarkingArguments
  @OptionGroup(title: "Visible label") var label: LabelArguments
  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard !listPresets else { return }
    if master == nil { throw ValidationError("Name the master.") }
    if preset.isEmpty { throw ValidationError("Name at least one --preset; --list-presets lists them.") }
    if output == nil { throw ValidationError("Name the folder of the files with -o.") }
    if let jobs, jobs < 1 { throw ValidationError("--jobs must be 1 or more.") }
  }

  func run() throws {
    common.apply()
    let library = try presets.library()
    if listPresets { return try showPresets(library) }
    guard let path = master, let folder = output else { return }
    let versions = try preset.map { try DeliveryVersion(named: $0, in: library) }
    var options = DeliveryOptions(folder: folder)
    options.overwrite = overwrite
    options.nameTemplate = name
    (options.title, options.adID, options.advertiser, options.language) = (title, adID, advertiser, language)
    options.fit = fit
    options.cropCenter = center.map { ($0.x, $0.y) }
    options.languages = voice.versions
    options.workers = jobs
    options.keepsPitch = keepPitch
    options.creationTime = try CreationTime.current()
    options.tool = "longtake \(Longtake.version)"
    try marking.apply(to: &options.marking)
    options.label = try label.label(language: language)
    options.signCommand = SignVariable.command()
    Terminal.progress("reading \(path)")
    let source = try DeliveryMaster(path: path)
    options.captions = try captions.tracks(program: source.duration, frame: source.rate.frameDuration)
    captionForms.apply(to: &options)
    let delivery = try DeliveryFolder(source, versions, options: options)
    try OutputPaths.requireDistinct(delivery.files, from: [path] + voice.files + captions.captions.map(\.file))
    try OutputPaths.createFolder(folder)
    let files = try delivery.write(progress: DeliveryProgress.show) { file in
      if json { try Answer.json(file) } else { Answer.lines(DeliverySummary.lines(file)) }
    }
    guard files.allSatisfy(\.isDelivered) else { throw ExitStatus.no }
  }

  private func showPresets(_ library: PresetLibrary) throws {
    let found = try library.names(of: .delivery).map { name in
      ListedPreset(preset: name, title: try library.deliveryRecipe(named: name).title)
    }
    if json { return try found.forEach { try Answer.json($0) } }
    let width = found.map(\.preset.count).max() ?? 0
    Answer.lines(found.map { "\($0.preset.padding(toLength: width, withPad: " ", startingAt: 0))  \($0.title)" })
  }
}

extension DeliveryFit: ExpressibleByArgument {}

/// A point in parts of the frame, `0.5,0.4`.
struct PointArgument: ExpressibleByArgument {
  let x: Double
  let y: Double

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).compactMap { Double($0) }
    guard parts.count == 2, parts.allSatisfy((0...1).contains) else { return nil }
    (x, y) = (parts[0], parts[1])
  }
}

/// A delivered file in a few lines for people.
enum DeliverySummary {
  static func lines(_ file: Deliverable) -> [String] {
    let facts =
      [
        file.video.map { "\($0.codec) \($0.width)x\($0.height), \(counted($0.frames, "frame")) at \($0.frameRate)" },
        file.audio.map { audio in
          audio.codec + (audio.integratedLUFS.map { String(format: " %.1f LUFS", $0) } ?? " silent")
        },
        ByteCountFormatter.string(fromByteCount: file.bytes, countStyle: .file),
      ].compactMap(\.self).joined(separator: ", ")
    let state = file.isDelivered ? file.verdict.rawValue : "not delivered, fails \(file.verifyPreset)"
    let captions = file.captions.flatMap(\.files).map { "  captions: \($0.file)" }
    return ["\(file.file): \(state): \(facts)"] + captions + file.problems.map { "  \($0.status): \($0.message)" }
  }
}
