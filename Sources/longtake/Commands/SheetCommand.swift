import ArgumentParser
import Files
import Foundation
import Libav
import Stills

struct SheetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sheet", abstract: "Draw a contact sheet of videos, with timecodes, labels and verdicts.",
    discussion: """
      One file fills the page with one frame from each of as many equal parts, the one quickest to decode; its timecode says \
      which. Several stand below one another, each in its own rows evenly from first frame to last, for comparing shots or takes.
      """)

  @Argument(help: "Media files.", completion: .file())
  var files: [String]

  @Option(name: .shortAndLong, help: "Where to write: .png, .jpg, .jpeg or .webp.", completion: .file())
  var output: String

  @Option(help: "Frames across the page.")
  var columns = 4

  @Option(help: "Rows of frames for each file; 4 for one file, 1 for several.")
  var rows: Int?

  @Option(help: "Pixels across the page.")
  var width = 1920

  @Flag(exclusivity: .exclusive, help: ArgumentHelp("How the frames are found."))
  var access: Access = .exact

  @Option(
    parsing: .upToNextOption,
    help: "A text for each file, in their order: a shot's id, a take; its name without this when there are several.")
  var labels: [String] = []

  @Option(
    help:
      "Verdicts to show: a file with the output of 'verify --json', or a run's report.json, which gives shots' ids too.",
    completion: .file())
  var badges: String?

  @Flag(name: .customLong("no-timecodes"), help: "Leave the timecodes out.")
  var withoutTimecodes = false

  @Flag(help: "Replace the output if it exists.")
  var overwrite = false

  @Flag(help: "Tell on stdout, as JSON, which frames are shown.")
  var json = false

  @OptionGroup var common: CommonOptions

  enum Access: String, EnumerableFlag {
    case exact, keyframes

    static func help(for value: Access) -> ArgumentHelp? {
      switch value {
      case .exact: "Exact frames with their own timecodes, spread over the whole."
      case .keyframes: "The keyframe before each: quicker."
      }
    }
  }

  /// Files that one page may show.
  private static let mostFiles = 500

  func validate() throws {
    guard !files.isEmpty else { throw ValidationError("Name a file.") }
    guard files.count <= Self.mostFiles else { throw ValidationError("A sheet holds at most \(Self.mostFiles) files.") }
    guard (1...50).contains(columns) else { throw ValidationError("--columns is between 1 and 50.") }
    if let rows, !(1...200).contains(rows) { throw ValidationError("--rows is between 1 and 200.") }
    guard (100...16_000).contains(width) else { throw ValidationError("--width is between 100 and 16000.") }
    guard labels.isEmpty || labels.count == files.count else {
      throw ValidationError("--labels takes one text for each file: \(files.count), not \(labels.count).")
    }
    guard width / columns >= 24 else { throw ValidationError("\(columns) columns do not fit into \(width) pixels.") }
  }

  func run() throws {
    common.apply()
    let format = try StillFile.format(of: output)
    try DistinctFiles.require(writing: [output], reading: files + [badges].compactMap(\.self))
    let destination = try OutputFile(output, overwrite: overwrite)
    let verdicts = try badges.map { try VerdictList(path: $0) }
    let entries = files.enumerated().map { number, file in
      let known = verdicts?.entry(of: file)
      let name = URL(fileURLWithPath: file).lastPathComponent
      let label = labels.isEmpty ? known?.label ?? (files.count > 1 || verdicts != nil ? name : nil) : labels[number]
      return ContactSheet.Entry(path: file, label: label, verdict: known?.verdict)
    }
    var layout = ContactSheet.Layout()
    layout.columns = columns
    layout.rows = rows ?? (files.count == 1 ? 4 : 1)
    layout.cellWidth = layout.cellWidth(fillingPageOf: width)
    layout.keyframesOnly = access == .keyframes
    layout.showsTimecodes = !withoutTimecodes
    let sheet = try ContactSheet(entries, layout: layout)
    let still = try sheet.page.encoded(as: format, quality: 90)
    try destination.write(still.bytes)
    try destination.commit()
    if json { try Output.json(SheetFacts(sheet, entries: entries, still: still, output: output)) }
    Terminal.note("\(output): \(still.width)×\(still.height), \(still.bytes.count) bytes")
    if let note = sheet.note { Terminal.warning(note) }
    for entry in entries where verdicts != nil && entry.verdict == nil {
      Terminal.warning("\(entry.path): \(badges ?? "") has no verdict on it")
    }
  }
}

/// `sheet --json`.
struct SheetFacts: Encodable {
  struct File: Encodable {
    let file: String
    let label: String?
    let verdict: String?
    let frames: [Int]

    private enum CodingKeys: String, CodingKey { case file, label, verdict, frames }

    func encode(to encoder: any Swift.Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(file, forKey: .file)
      try container.encode(label, forKey: .label)
      try container.encode(verdict, forKey: .verdict)
      try container.encode(frames, forKey: .frames)
    }
  }

  let schema = "longtake.sheet/1"
  let output: String
  let width: Int
  let height: Int
  let bytes: Int
  let files: [File]
  let note: String?

  private enum CodingKeys: String, CodingKey { case schema, output, width, height, bytes, files, note }

  init(_ sheet: ContactSheet, entries: [ContactSheet.Entry], still: EncodedStill, output: String) {
    self.output = output
    width = still.width
    height = still.height
    bytes = still.bytes.count
    files = zip(entries, sheet.frames).map {
      File(file: $0.path, label: $0.label, verdict: $0.verdict, frames: $1)
    }
    note = sheet.note
  }

  func encode(to encoder: any Swift.Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(schema, forKey: .schema)
    try container.encode(output, forKey: .output)
    try container.encode(width, forKey: .width)
    try container.encode(height, forKey: .height)
    try container.encode(bytes, forKey: .bytes)
    try container.encode(files, forKey: .files)
    try container.encode(note, forKey: .note)
  }
}
