import ArgumentParser
import Files
import Foundation
import Libav
import Stills
import Synchronization
import Timing

struct ThumbnailsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "thumbnails", abstract: "Write thumbnails of videos, or sprites and WebVTT for a player.",
    discussion: """
      Thumbnails are named after their video and numbered. --sprite puts them on pages and writes a WebVTT file that maps \
      times to areas of the pages.
      """)

  @Argument(help: "Media files.", completion: .file())
  var files: [String]

  @Option(name: .shortAndLong, help: "Output folder; created if it is missing.", completion: .directory)
  var output: String

  @Option(help: ArgumentHelp("N frames, evenly from first to last (default: 10).", valueName: "n"))
  var count: Int?

  @Option(help: ArgumentHelp("One frame per duration, e.g. 5s.", valueName: "duration"))
  var interval: DurationArgument?

  @Flag(help: "One frame from the middle of each scene.")
  var scenes = false

  @Option(
    help: ArgumentHelp("The N best cover frames: sharp, well exposed, rich; --json gives the reasons.", valueName: "n"))
  var best: Int?

  @Flag(help: "Use the nearest earlier keyframes: much faster, not exact.")
  var keyframes = false

  @Option(help: ArgumentHelp("Width of a thumbnail in pixels, 16 to 3840.", valueName: "pixels"))
  var width = 320

  @Option(help: "Image format.")
  var format: EncodedStill.Format = .jpeg

  @Option(help: ArgumentHelp("Quality of JPEG and WebP, 1 to 100.", valueName: "n"))
  var quality = 90

  @Flag(help: "Put the thumbnails on sprite pages and write a WebVTT file.")
  var sprite = false

  @Option(help: ArgumentHelp("Files to process at a time.", valueName: "n"))
  var jobs = 1

  @Flag(help: "Replace existing files.")
  var overwrite = false

  @Flag(help: "Print one JSON object per file: the frames written.")
  var json = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    let given = [count != nil, interval != nil, scenes, best != nil].count { $0 }
    guard given <= 1 else { throw ValidationError("Give at most one of --count, --interval, --scenes and --best.") }
    if let count, !(1...Thumbnails.maximumCount).contains(count) {
      throw ValidationError("--count must be 1 to \(Thumbnails.maximumCount).")
    }
    if let best, !(1...100).contains(best) { throw ValidationError("--best must be 1 to 100.") }
    if let interval, !interval.seconds.isPositive { throw ValidationError("--interval must be above 0.") }
    guard (16...3840).contains(width) else { throw ValidationError("--width must be 16 to 3840.") }
    guard (1...100).contains(quality) else { throw ValidationError("--quality must be 1 to 100.") }
    guard (1...64).contains(jobs) else { throw ValidationError("--jobs must be 1 to 64.") }
    if sprite, width > 640 {
      throw ValidationError("With --sprite, --width must be at most 640: a page holds 100 thumbnails.")
    }
  }

  func run() async throws {
    common.apply()
    try OutputPaths.createFolder(output)
    let names = OutputNames(of: files)
    let failure = try await FileBatch.run(files, jobs: jobs) { number, threading in
      try write(files[number], named: names[number], threading: threading)
    } show: { _, report in
      if json { try Answer.json(report) } else { Answer.lines(report.lines) }
      if let note = report.note { Terminal.warning("\(report.file): \(note)") }
    }
    if let failure { throw failure }
  }

  private var choice: Thumbnails.Choice {
    if let interval { return .interval(interval.seconds) }
    if scenes { return .scenes }
    if let best { return .best(best) }
    return .count(count ?? 10)
  }

  private func write(_ file: String, named name: String, threading: Threading) throws -> ThumbnailsReport {
    let thumbnails = try Thumbnails(of: file, choose: choice, keyframesOnly: keyframes, threading: threading)
    var report = ThumbnailsReport(file: file, frames: thumbnails.frameCount, duration: thumbnails.duration?.doubleValue)
    let pages = Mutex<[String]>([])
    let ending = format.ending
    let (format, quality, folder) = (format, quality, output)
    var sheet = SpriteSheet { page, frame in
      let pageName = "\(name)-sprite-\(page + 1).\(ending)"
      try save(frame.encoded(as: format, quality: quality).bytes, "\(folder)/\(pageName)")
      pages.withLock { $0.append(pageName) }
    }
    try thumbnails.forEach(width: width) { thumbnail in
      try Task.checkCancellation()
      var path: String?
      if sprite {
        try sheet.add(thumbnail)
      } else {
        let made = "\(folder)/\(name)-\(Self.padded(report.thumbnails.count + 1, of: thumbnails.count)).\(ending)"
        try save(thumbnail.frame.encoded(as: format, quality: quality).bytes, made)
        path = made
      }
      report.add(thumbnail, file: path)
    }
    guard !report.thumbnails.isEmpty else {
      throw LibavError(.invalidData, "no frame can be decoded", file: file)
    }
    if sprite {
      try sheet.finish()
      let names = pages.withLock { $0 }
      let vtt = "\(folder)/\(name).vtt"
      let end = thumbnails.duration ?? sheet.places.last.map { $0.start + Rational(1) } ?? .zero
      try save(Array(sheet.webVTT(end: end, names: names).utf8), vtt)
      report.place(sheet.places, pages: names.map { "\(folder)/\($0)" }, vtt: vtt)
    }
    var notes = thumbnails.note.map { [$0] } ?? []
    if report.thumbnails.count < thumbnails.count {
      notes.append("\(counted(thumbnails.count - report.thumbnails.count, "frame")) could not be decoded")
    }
    if !sprite,
      let older = OutputPaths.staleNote(after: report.thumbnails.count, named: name, ending: ending, in: folder)
    {
      notes.append(older)
    }
    report.note = notes.isEmpty ? nil : notes.joined(separator: "; ")
    return report
  }

  private static func padded(_ number: Int, of count: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, max(4, String(count).count) - text.count)) + text
  }

  private func save(_ bytes: [UInt8], _ path: String) throws {
    try OutputPaths.requireDistinct([path], from: files)
    let destination = try OutputFile(path, overwrite: overwrite)
    try destination.write(bytes)
    try destination.commit()
  }
}
