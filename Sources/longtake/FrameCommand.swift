import ArgumentParser
import Files
import Foundation
import Libav
import Stills
import Timing

struct FrameCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "frame", abstract: "Write one exact frame of a video, or compare two.",
    discussion: """
      The frame is the one a full decode gives, upright, in true colours. HDR stays HDR in a 16-bit PNG; in other formats it \
      is tone mapped. With --diff, the frame of the first file is compared with one of the second, for example a shot's last \
      frame with the first of the shot that it seeded: longtake frame --diff one.mp4 two.mp4
      """)

  @Argument(help: "Media files; --output is a folder when there are several.", completion: .file())
  var files: [String]

  @Flag(help: "The last frame; with --diff the default for the first file.")
  var last = false

  @Flag(help: "The first frame.")
  var first = false

  @Option(
    help:
      "The frame on screen at a time: seconds, HH:MM:SS.mmm, timecode HH:MM:SS:FF (from the file's own) or #frame.")
  var at: TimePoint?

  @Option(
    parsing: .unconditional,
    help: "The frame at a position in presentation order, from 0; -1 is the last, -2 the one before.")
  var index: Int?

  @Flag(help: "Compare two files' frames: SSIM, PSNR and CIEDE2000; --output writes the differences as a frame.")
  var diff = false

  @Option(help: "With --diff, the second file's frame: first, last, a time or #frame.")
  var against: FrameArgument = .first

  @Option(name: .shortAndLong, help: "Where to write: .png, .jpg, .jpeg or .webp.", completion: .file())
  var output: String?

  @OptionGroup var stillOptions: StillOptions

  @Flag(name: .customLong("ignore-edits"), help: "Read MP4/MOV as if they had no edit lists.")
  var ignoreEdits = false

  @Option(help: "Files worked on at a time.")
  var jobs = 1

  @Flag(help: "Replace the output if it exists.")
  var overwrite = false

  @Flag(help: "Tell on stdout, as JSON, which frame it is and how its colours were handled.")
  var json = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    let given = [last, first, at != nil, index != nil].count { $0 }
    if diff {
      guard files.count == 2 else { throw ValidationError("--diff compares two files.") }
      guard given <= 1 else { throw ValidationError("Give at most one of --last, --first, --at and --index.") }
    } else {
      guard !files.isEmpty else { throw ValidationError("Name a file.") }
      guard given == 1 else { throw ValidationError("Give exactly one of --last, --first, --at and --index.") }
      guard output != nil else { throw ValidationError("Say with --output where to write.") }
    }
    guard (1...64).contains(jobs) else { throw ValidationError("--jobs is between 1 and 64.") }
  }

  func run() throws {
    common.apply()
    if diff { return try compare() }
    guard let output else { return }
    if files.count == 1 { try DistinctFiles.require(writing: [output], reading: files) }
    guard files.count > 1 else { return try write(files[0], to: output, format: StillFile.format(of: output)) }
    let format = stillOptions.format ?? .png
    let names = OutputNames(of: files)
    let paths = files.indices.map { "\(output)/\(names[$0]).\(StillFile.ending(of: format))" }
    try DistinctFiles.require(writing: paths, reading: files)
    try OutputNames.makeFolder(output)
    try Batch.run(files.count, jobs: jobs) { number, _ in try write(files[number], to: paths[number], format: format) }
  }

  private func write(_ file: String, to path: String, format: EncodedStill.Format) throws {
    try stillOptions.check(format)
    let destination = try OutputFile(path, overwrite: overwrite)
    let frame = try FrameFinder.frame(request, of: file, ignoringEdits: ignoreEdits)
    let (still, note) = try stillOptions.encode(frame, as: format)
    try destination.write(still.bytes)
    try destination.commit()
    try StillFile.announce(StillFile.Facts(frame.facts, still: still, output: path, note: note), json: json)
  }

  private func compare() throws {
    let format = try output.map { try StillFile.format(of: $0) }
    try DistinctFiles.require(writing: [output].compactMap(\.self), reading: [files[0], files[1]])
    let first = try FrameFinder.frame(request, of: files[0], ignoringEdits: ignoreEdits)
    let second = try FrameFinder.frame(against.request, of: files[1], ignoringEdits: ignoreEdits)
    let difference = try FrameDifference(first, second)
    if let output, let format {
      let destination = try OutputFile(output, overwrite: overwrite)
      try destination.write(difference.image.encoded(as: format, quality: 95).bytes)
      try destination.commit()
    }
    let facts = DifferenceFacts(difference, output: output)
    if json { try Output.json(facts) }
    for line in facts.lines { Terminal.note(line) }
  }

  private var request: FrameRequest {
    if first { return .first }
    if let index { return .index(index) }
    return at?.request ?? .last
  }
}

/// Which frame: `first`, `last`, or a time as ``TimePoint`` takes it.
enum FrameArgument: ExpressibleByArgument {
  case first
  case last
  case at(TimePoint)

  init?(argument: String) {
    switch argument {
    case "first": self = .first
    case "last": self = .last
    default:
      guard let time = TimePoint(parsing: argument) else { return nil }
      self = .at(time)
    }
  }

  var defaultValueDescription: String { "first" }

  var request: FrameRequest {
    switch self {
    case .first: .first
    case .last: .last
    case .at(let time): time.request
    }
  }
}
