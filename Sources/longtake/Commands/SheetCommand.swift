import ArgumentParser
import Files
import Foundation
import Libav
import Review
import Stills

struct SheetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sheet", abstract: "Draw a contact sheet of videos with timecodes, labels and verdicts.",
    discussion: """
      One file fills the page with one frame from each of N equal parts, the fastest to decode; its timecode shows which. \
      Several files are stacked, each in rows of its own with frames evenly from first to last, to compare shots or takes. \
      --joins shows one master's joins instead: a row a join, the frames that meet and their difference.
      """)

  @Argument(help: "Media files.", completion: .file())
  var files: [String]

  @Option(name: .shortAndLong, help: "Output file: .png, .jpg, .jpeg or .webp.", completion: .file())
  var output: String

  @Option(help: ArgumentHelp("Frames per row, 1 to 50.", valueName: "n"))
  var columns = 4

  @Option(help: ArgumentHelp("Rows for each file (default: 4 for one file, 1 for several).", valueName: "n"))
  var rows: Int?

  @Option(help: ArgumentHelp("Width of the page in pixels, 100 to 16000.", valueName: "pixels"))
  var width = 1920

  @Flag(exclusivity: .exclusive, help: "How to choose the frames.")
  var access: Access = .exact

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "A label for each file, in order (default: file names when there are several).", valueName: "text"))
  var labels: [String] = []

  @Option(
    help: ArgumentHelp(
      "Show the verdicts in this output of 'verify --json' or report.json of a run, which also gives shot ids.",
      valueName: "file"), completion: .file())
  var badges: String?

  @Flag(help: "Show the frames around each join of one master; its chapters, or --report, give the joins.")
  var joins = false

  @Option(
    help: ArgumentHelp("Report of 'stitch --report' with the joins for --joins.", valueName: "file"),
    completion: .file())
  var report: String?

  @Flag(name: .customLong("no-timecodes"), help: "Leave out the timecodes.")
  var withoutTimecodes = false

  @Flag(help: "Replace an existing output.")
  var overwrite = false

  @Flag(help: "Print a JSON object: the frames shown.")
  var json = false

  @OptionGroup var common: CommonOptions

  enum Access: String, EnumerableFlag {
    case exact, keyframes

    static func help(for value: Access) -> ArgumentHelp? {
      switch value {
      case .exact: "Show exact frames, evenly spread."
      case .keyframes: "Show the nearest earlier keyframes: faster."
      }
    }
  }

  /// Files per page.
  private static let mostFiles = 500

  func validate() throws {
    guard files.count <= Self.mostFiles else { throw ValidationError("A sheet shows at most \(Self.mostFiles) files.") }
    guard !joins || files.count == 1 else { throw ValidationError("--joins takes one file.") }
    guard joins || report == nil else { throw ValidationError("--report goes with --joins.") }
    guard (1...50).contains(columns) else { throw ValidationError("--columns must be 1 to 50.") }
    if let rows, !(1...200).contains(rows) { throw ValidationError("--rows must be 1 to 200.") }
    guard (100...16_000).contains(width) else { throw ValidationError("--width must be 100 to 16000.") }
    guard labels.isEmpty || labels.count == files.count else {
      throw ValidationError("--labels takes one label per file: \(files.count), not \(labels.count).")
    }
    guard width / columns >= 24 else { throw ValidationError("\(columns) columns do not fit into \(width) pixels.") }
  }

  private func drawJoins(
    of file: String, as format: EncodedStill.Format, to destination: consuming OutputFile
  ) throws {
    let joins = try MasterJoins.joins(of: file, stitch: report.map { try JoinsFile($0).report })
    let sheet = try JoinSheet(
      of: file, joins: joins.map { JoinSheet.Join(frame: $0.frame, label: "\($0.from) → \($0.to)  #\($0.frame)") },
      width: width)
    let still = try sheet.page.encoded(as: format, quality: 90)
    try destination.write(still.bytes)
    try destination.commit()
    let report = SheetReport(file, frames: sheet.frames.flatMap(\.self), note: sheet.note, still: still, output: output)
    if json { try Answer.json(report) } else { Answer.lines(report.lines) }
    if let note = sheet.note { Terminal.warning(note) }
  }

  func run() throws {
    common.apply()
    let format = try EncodedStill.Format(of: output)
    try OutputPaths.requireDistinct([output], from: files + [badges].compactMap(\.self))
    let destination = try OutputFile(output, overwrite: overwrite)
    if joins { return try drawJoins(of: files[0], as: format, to: destination) }
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
    let report = SheetReport(sheet, entries: entries, still: still, output: output)
    if json { try Answer.json(report) } else { Answer.lines(report.lines) }
    if let note = sheet.note { Terminal.warning(note) }
    for entry in entries where verdicts != nil && entry.verdict == nil {
      Terminal.warning("\(entry.path): no verdict in \(badges ?? "")")
    }
  }
}
