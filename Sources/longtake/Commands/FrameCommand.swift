import ArgumentParser
import Files
import Foundation
import Libav
import Stills
import Timing

struct FrameCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "frame", abstract: "Extract one exact frame of a video, or compare two.",
    discussion: """
      The frame is the one a full decode gives, in display orientation and true colour. HDR stays HDR in a 16-bit PNG and \
      is tone mapped in other formats. --diff compares a frame of the first file with one of the second, e.g. the last \
      frame of a shot with the first frame of the next: longtake frame --diff one.mp4 two.mp4
      """)

  @Argument(help: "Media files; with several, --output is a folder.", completion: .file())
  var files: [String]

  @Flag(help: "The last frame (with --diff, the default for the first file).")
  var last = false

  @Flag(help: "The first frame.")
  var first = false

  @Option(
    help: ArgumentHelp(
      "The frame on screen at a time: seconds, HH:MM:SS.mmm, timecode HH:MM:SS:FF or #frame.", valueName: "time"))
  var at: TimePoint?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The frame at a position in presentation order from 0; -1 is the last.", valueName: "n"))
  var index: Int?

  @Flag(help: "Compare two files' frames by SSIM, PSNR and CIEDE2000; --output writes the difference image.")
  var diff = false

  @Option(help: ArgumentHelp("With --diff, the second file's frame: first, last, a time or #frame.", valueName: "time"))
  var against: FrameArgument = .first

  @Option(name: .shortAndLong, help: "Output file: .png, .jpg, .jpeg or .webp.", completion: .file())
  var output: String?

  @OptionGroup var stillOptions: StillOptions

  @Flag(name: .customLong("ignore-edits"), help: "Ignore the edit lists of MP4 and MOV.")
  var ignoreEdits = false

  @Option(help: ArgumentHelp("Files to process at a time.", valueName: "n"))
  var jobs = 1

  @Flag(help: "Replace an existing output.")
  var overwrite = false

  @Flag(help: "Print one JSON object per file: index, pts, time, size and colour handling.")
  var json = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    let given = [last, first, at != nil, index != nil].count { $0 }
    if diff {
      guard files.count == 2 else { throw ValidationError("--diff compares two files.") }
      guard given <= 1 else { throw ValidationError("Give at most one of --last, --first, --at and --index.") }
    } else {
      guard given == 1 else { throw ValidationError("Give exactly one of --last, --first, --at and --index.") }
      guard output != nil else { throw ValidationError("Name the output file with --output.") }
    }
    guard (1...64).contains(jobs) else { throw ValidationError("--jobs must be 1 to 64.") }
  }

  func run() async throws {
    common.apply()
    if diff { return try compare() }
    guard let output else { return }
    guard files.count > 1 else {
      try OutputPaths.requireDistinct([output], from: files)
      return try write(files[0], to: output, format: EncodedStill.Format(of: output)).show(json: json)
    }
    let format = stillOptions.format ?? .png
    let names = OutputNames(of: files)
    let paths = files.indices.map { "\(output)/\(names[$0]).\(format.ending)" }
    try OutputPaths.requireDistinct(paths, from: files)
    try OutputPaths.createFolder(output)
    let failure = try await FileBatch.run(files, jobs: jobs) { number, _ in
      try write(files[number], to: paths[number], format: format)
    } show: { _, report in
      try report.show(json: json)
    }
    if let failure { throw failure }
  }

  private func write(_ file: String, to path: String, format: EncodedStill.Format) throws -> FrameReport {
    try stillOptions.check(format)
    let destination = try OutputFile(path, overwrite: overwrite)
    let frame = try FrameFinder.frame(request, of: file, ignoringEdits: ignoreEdits)
    let (still, note) = try stillOptions.encode(frame, as: format)
    try destination.write(still.bytes)
    try destination.commit()
    return FrameReport(frame.facts, still: still, output: path, note: note)
  }

  private func compare() throws {
    let format = try output.map { try EncodedStill.Format(of: $0) }
    try OutputPaths.requireDistinct([output].compactMap(\.self), from: files)
    let first = try FrameFinder.frame(request, of: files[0], ignoringEdits: ignoreEdits)
    let second = try FrameFinder.frame(against.request, of: files[1], ignoringEdits: ignoreEdits)
    let difference = try FrameDifference(first, second)
    if let output, let format {
      let destination = try OutputFile(output, overwrite: overwrite)
      try destination.write(difference.image.encoded(as: format, quality: 95).bytes)
      try destination.commit()
    }
    let report = DifferenceReport(difference, output: output)
    if json { try Answer.json(report) } else { Answer.lines(report.lines) }
  }

  private var request: FrameRequest {
    if first { return .first }
    if let index { return .index(index) }
    return at?.request ?? .last
  }
}
