import ArgumentParser
import Files
import Foundation
import Libav
import Stills
import Synchronization
import Timing

struct ThumbnailsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "thumbnails", abstract: "Write small frames of videos, or sprites for a player.",
    discussion: """
      Frames are named after their video and numbered. With --sprite they are put on pages together, and a WebVTT file tells \
      a player which part of which page belongs to when.
      """)

  @Argument(help: "Media files.", completion: .file())
  var files: [String]

  @Option(name: .shortAndLong, help: "The folder to write into; made if it is missing.", completion: .directory)
  var output: String

  @Option(help: "So many frames, evenly from the first to the last; 10 when nothing else is asked for.")
  var count: Int?

  @Option(help: "One frame every so many seconds.")
  var interval: TimePoint?

  @Flag(help: "One frame from the middle of each scene.")
  var scenes = false

  @Option(help: "The so many frames that make the best covers: sharp, well exposed, rich; --json tells why.")
  var best: Int?

  @Flag(help: "The keyframe before each instead: much quicker, not exact.")
  var keyframes = false

  @Option(help: "Pixels across each frame.")
  var width = 320

  @Option(help: "jpeg, png or webp.")
  var format: EncodedStill.Format = .jpeg

  @Option(help: "1 to 100, for JPEG and WebP.")
  var quality = 90

  @Flag(help: "Put the frames on pages and write a WebVTT file beside them.")
  var sprite = false

  @Option(help: "Files worked on at a time.")
  var jobs = 1

  @Flag(help: "Replace files that exist.")
  var overwrite = false

  @Flag(help: "Tell on stdout, as JSON, which frames were written; one object per file.")
  var json = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard !files.isEmpty else { throw ValidationError("Name a file.") }
    let given = [count != nil, interval != nil, scenes, best != nil].count { $0 }
    guard given <= 1 else { throw ValidationError("Give at most one of --count, --interval, --scenes and --best.") }
    if let count, !(1...Thumbnails.most).contains(count) {
      throw ValidationError("--count is between 1 and \(Thumbnails.most).")
    }
    if let best, !(1...100).contains(best) { throw ValidationError("--best is between 1 and 100.") }
    if let interval {
      guard case .seconds(let seconds) = interval, seconds.isPositive else {
        throw ValidationError("--interval is a number of seconds above 0.")
      }
    }
    guard (16...3840).contains(width) else { throw ValidationError("--width is between 16 and 3840.") }
    guard (1...100).contains(quality) else { throw ValidationError("--quality is between 1 and 100.") }
    guard (1...64).contains(jobs) else { throw ValidationError("--jobs is between 1 and 64.") }
    if sprite, width > 640 {
      throw ValidationError("With --sprite, --width is at most 640: a page holds 100 frames.")
    }
  }

  func run() throws {
    common.apply()
    try OutputNames.makeFolder(output)
    let names = OutputNames(of: files)
    try Batch.run(files.count, jobs: jobs) { number, threading in
      try write(files[number], named: names[number], threading: threading)
    }
  }

  private var choice: Thumbnails.Choice {
    if case .seconds(let seconds) = interval { return .interval(seconds) }
    if scenes { return .scenes }
    if let best { return .best(best) }
    return .count(count ?? 10)
  }

  private func write(_ file: String, named name: String, threading: Threading) throws {
    let thumbnails = try Thumbnails(of: file, choose: choice, keyframesOnly: keyframes, threading: threading)
    var facts = ThumbnailFacts(file: file, frames: thumbnails.frameCount, duration: thumbnails.duration?.doubleValue)
    let pages = Mutex<[String]>([])
    let ending = StillFile.ending(of: format)
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
        let made = "\(folder)/\(name)-\(Self.padded(facts.thumbnails.count + 1, of: thumbnails.count)).\(ending)"
        try save(thumbnail.frame.encoded(as: format, quality: quality).bytes, made)
        path = made
      }
      facts.add(thumbnail, file: path)
    }
    guard !facts.thumbnails.isEmpty else {
      throw LibavError(.invalidData, "none of its frames can be decoded", file: file)
    }
    if sprite {
      try sheet.finish()
      let names = pages.withLock { $0 }
      let vtt = "\(folder)/\(name).vtt"
      let end = thumbnails.duration ?? sheet.places.last.map { $0.start + Rational(1) } ?? .zero
      try save(Array(sheet.webVTT(end: end, names: names).utf8), vtt)
      facts.place(sheet.places, pages: names.map { "\(folder)/\($0)" }, vtt: vtt)
    }
    var notes = thumbnails.note.map { [$0] } ?? []
    if facts.thumbnails.count < thumbnails.count {
      notes.append("\(thumbnails.count - facts.thumbnails.count) frames could not be decoded and are left out")
    }
    if !sprite, let older = StaleNumbers.beyond(facts.thumbnails.count, named: name, ending: ending, in: folder) {
      notes.append(older)
    }
    facts.note = notes.isEmpty ? nil : notes.joined(separator: "; ")
    if json { try Output.json(facts) }
    for line in facts.lines { Terminal.note(line) }
    if let note = facts.note { Terminal.warning("\(file): \(note)") }
  }

  private static func padded(_ number: Int, of count: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, max(4, String(count).count) - text.count)) + text
  }

  private func save(_ bytes: [UInt8], _ path: String) throws {
    try DistinctFiles.require(writing: [path], reading: files)
    let destination = try OutputFile(path, overwrite: overwrite)
    try destination.write(bytes)
    try destination.commit()
  }
}
