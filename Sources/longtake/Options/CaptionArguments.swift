public import ArgumentParser
import Captions
import Delivery
import Files
import Foundation
import Stitching
import Timing

/// Options of `stitch` and `deliver` for captions that exist already.
struct CaptionArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Captions in SubRip or WebVTT, with their language in three letters (ISO 639-2); may be repeated.",
      valueName: "file[=lang]"),
    completion: .file(extensions: ["srt", "vtt"]))
  var captions: [CaptionFileArgument] = []

  @Option(
    name: .customLong("caption-speed"),
    help: ArgumentHelp("Characters a second above which to warn, 5 to 60.", valueName: "n"))
  var speed = CaptionLimits().speed

  @Option(
    name: .customLong("caption-line-length"),
    help: ArgumentHelp("Characters of a line above which to warn, 10 to 200.", valueName: "n"))
  var lineLength = CaptionLimits().lineLength

  @Option(
    name: .customLong("caption-lines"),
    help: ArgumentHelp("Lines of a cue above which to warn, 1 to 10.", valueName: "n"))
  var lines = CaptionLimits().lines

  func validate() throws {
    guard CaptionLimits.speeds.contains(speed) else { throw ValidationError("--caption-speed must be 5 to 60.") }
    guard CaptionLimits.lineLengths.contains(lineLength) else {
      throw ValidationError("--caption-line-length must be 10 to 200.")
    }
    guard CaptionLimits.lineCounts.contains(lines) else { throw ValidationError("--caption-lines must be 1 to 10.") }
  }

  var limits: CaptionLimits {
    var limits = CaptionLimits()
    (limits.speed, limits.lineLength, limits.lines) = (speed, lineLength, lines)
    return limits
  }

  /// For a master that is yet to be written.
  func apply(to options: inout StitchOptions) {
    options.captions = captions.map { CaptionSource(file: $0.file, language: $0.language) }
    options.captionLimits = limits
  }

  /// Of a program that exists; warnings go to stderr.
  /// - Throws: ``CaptionError``.
  func tracks(program: Rational, frame: Rational) throws -> [CaptionTrack] {
    try captions.map { argument in
      let track = try CaptionTrack(
        path: argument.file, language: argument.language, program: program, frame: frame, limits: limits)
      Self.warn(track.problems)
      return track
    }
  }

  static func warn(_ problems: [CaptionProblem]) {
    let shown = 20
    for problem in problems.prefix(shown) { Terminal.warning("\(problem)") }
    if problems.count > shown {
      Terminal.warning("\(counted(problems.count - shown, "more caption warning")); --json lists all")
    }
  }
}

/// `film.srt`, `film.de.vtt=deu`
struct CaptionFileArgument: ExpressibleByArgument, Sendable {
  let file: String
  let language: String?

  init?(argument: String) {
    if let match = argument.wholeMatch(of: /(.+)=([a-z]{3})/) {
      (file, language) = (String(match.1), String(match.2))
    } else {
      guard !argument.isEmpty else { return nil }
      (file, language) = (argument, nil)
    }
  }
}

/// Options of `deliver` for the form in which captions leave.
struct CaptionFormArguments: ParsableArguments {
  @Option(
    name: .customLong("captions-as"), parsing: .upToNextOption,
    help: ArgumentHelp(
      "Forms of captions: track in MP4 and MOV, srt and vtt files beside them (default: all).", valueName: "form"))
  var forms: [CaptionForm] = []

  @Flag(
    name: .customLong("burn-captions"),
    help: "Draw the captions of --language, else the first, into the frames.")
  var burns = false

  func apply(to options: inout DeliveryOptions) {
    if !forms.isEmpty { options.captionForms = Set(forms) }
    options.burnsCaptions = burns
  }
}

extension CaptionForm: ExpressibleByArgument {}
