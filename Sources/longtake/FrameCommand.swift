import ArgumentParser
import Libav
import Probing
import Stills
import Timing

struct FrameCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "frame", abstract: "Write one exact picture of a video as PNG or JPEG.",
    discussion: "The picture is the one a full decode gives, upright, in true colours.")

  @Argument(help: "A media file.", completion: .file())
  var file: String

  @Flag(help: "The last picture.")
  var last = false

  @Flag(help: "The first picture.")
  var first = false

  @Option(help: "The picture on screen at a time: seconds, HH:MM:SS.mmm, HH:MM:SS:FF or #frame.")
  var at: TimePoint?

  @Option(help: "The picture at a position in presentation order, from 0.")
  var index: Int?

  @Option(name: .shortAndLong, help: "Where to write: .png, .jpg or .jpeg.", completion: .file())
  var output: String

  @Option(
    name: .customLong("max-bytes"), help: "The file may be this large; a JPEG's quality, or PNG's effort, follows.")
  var maximumBytes: Int?

  @Flag(help: "16 bits per sample (PNG only).")
  var deep = false

  @Flag(name: .customLong("ignore-edits"), help: "Read MP4/MOV as if they had no edit lists.")
  var ignoreEdits = false

  @Flag(help: "Replace the output if it exists.")
  var overwrite = false

  @Flag(help: "Tell on stdout, as JSON, which picture it is and how its colours were handled.")
  var json = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    let given = [last, first, at != nil, index != nil].count { $0 }
    guard given == 1 else { throw ValidationError("Give exactly one of --last, --first, --at and --index.") }
    if let index, index < 0 { throw ValidationError("--index counts from 0.") }
    if let maximumBytes, maximumBytes < 1 { throw ValidationError("--max-bytes must be above 0.") }
  }

  func run() throws {
    common.apply()
    let format = try StillFile.format(of: output)
    if deep, format == .jpeg { throw UsageError("--deep needs a .png: JPEG holds 8 bits per sample") }
    let destination = try OutputFile(output, overwrite: overwrite)
    let finder = try FrameFinder(path: file, ignoringEdits: ignoreEdits)
    let picture = try finder.find(try request(finder))
    let encoder = try StillEncoder(picture, deep: format == .jpeg ? false : deep ? true : nil)
    let still =
      if let maximumBytes {
        try encoder.fitting(maximumBytes: maximumBytes, allowing: [format])
      } else {
        format == .png ? try encoder.png() : try encoder.jpeg()
      }
    try destination.write(still.bytes)
    try destination.commit()
    try StillFile.announce(StillFile.Facts(picture.facts, still: still, output: output), json: json)
  }

  private func request(_ finder: FrameFinder) throws -> FrameRequest {
    if last { return .last }
    if first { return .first }
    if let index { return .index(index) }
    switch at {
    case .seconds(let time): return .time(time)
    case .frame(let number): return .index(number)
    case .timecode(let text):
      let stream = finder.index.video?.stream
      guard let rate = stream.flatMap({ FrameRate($0.averageFrameRate) ?? FrameRate($0.baseFrameRate) }),
        let timecode = Timecode(parsing: text, rate: rate)
      else { throw UsageError("\(text) is no timecode at this video's frame rate") }
      return .index(timecode.frame)
    case nil: return .last
    }
  }
}
