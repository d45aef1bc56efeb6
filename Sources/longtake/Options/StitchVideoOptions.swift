public import ArgumentParser
import Files
import Foundation
public import Stitching
import Timing

/// Options of `stitch` that change frames.
struct StitchVideoOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Use part of a shot; once per shot.",
      discussion: """
        SHOT is its number from 1 or its file name. IN and OUT are seconds, HH:MM:SS.mmm, HH:MM:SS:FF or #frame, rounded \
        to the nearest frame; OUT is exclusive; either may be left out.
        """, valueName: "shot=in..out"))
  var trim: [ShotTrim] = []

  @Option(
    help: ArgumentHelp(
      "Dissolve, or dip through black, at a join.",
      discussion: """
        JOIN is its number from 1, KIND dissolve or dip, DURATION a time or #frames. A dissolve mixes the end of a shot \
        with the start of the next, in code values as editing software does, and their audio; it shortens the master by \
        its duration. The next shot is re-encoded up to its next IDR frame.
        """, valueName: "join=kind:duration"))
  var transition: [JoinTransition] = []

  @Option(
    name: .customLong("match-color"),
    help: ArgumentHelp(
      "Report or correct colour steps at joins.",
      discussion: """
        ease corrects the first frames of a shot towards the shot before, fading out; first corrects whole shots towards \
        the first. Both leave cuts alone and re-encode the frames they change.
        """))
  var matchColor: VideoOptions.MatchColor = .report

  @Option(
    name: .customLong("ease-frames"),
    help: ArgumentHelp("Frames over which --match-color ease fades out, 1 to 1000.", valueName: "n"))
  var easeFrames = 24

  @Flag(
    help: ArgumentHelp(
      "Re-encode shots that differ from the master's format (default: refuse them).",
      discussion: "The format is the first shot's, except for --size and --rate."))
  var conform = false

  @Option(help: ArgumentHelp("With --conform, the master's size in square pixels.", valueName: "widthxheight"))
  var size: FrameSizeArgument?

  @Option(help: ArgumentHelp("With --conform, the master's frame rate: 24, 24000/1001, …", valueName: "fps"))
  var rate: RateArgument?

  @Option(help: "With --conform, how to fit another aspect ratio (default: pad).")
  var fit: ConformOptions.Fit?

  @Option(
    name: .customLong("rate-conversion"),
    help: "With --conform, convert frame rates by repeating and dropping frames or by blending (default: refuse).")
  var rateConversion: ConformOptions.RateConversion?

  @Option(
    help: ArgumentHelp(
      "Play the joined shots at another frame rate, changed by at most 5 %.",
      discussion: """
        For 24 to 24000/1001, 24 to 25 and the like: every frame as it is, nothing re-encoded for it; the audio is resampled \
        to the new length.
        """, valueName: "fps"))
  var retime: RateArgument?

  @Flag(
    name: .customLong("keep-pitch"),
    help: "With --retime, keep the audio's pitch (default: it changes as speed does).")
  var keepPitch = false

  func validate() throws {
    guard !keepPitch || retime != nil else { throw ValidationError("--keep-pitch needs --retime.") }
    guard (1...1000).contains(easeFrames) else { throw ValidationError("--ease-frames must be 1 to 1000.") }
    if !conform {
      let given: [(String, Bool)] = [
        ("--size", size != nil), ("--rate", rate != nil), ("--fit", fit != nil),
        ("--rate-conversion", rateConversion != nil),
      ]
      if let (name, _) = given.first(where: \.1) { throw ValidationError("\(name) needs --conform.") }
    }
  }

  var retiming: RetimeOptions? {
    retime.map {
      var options = RetimeOptions(rate: $0.rate)
      options.keepsPitch = keepPitch
      return options
    }
  }

  var videoOptions: VideoOptions {
    var options = VideoOptions()
    options.matchColor = matchColor
    options.easeFrames = easeFrames
    if conform {
      var conform = ConformOptions()
      conform.width = size?.width
      conform.height = size?.height
      conform.rate = rate?.rate
      conform.fit = fit ?? .pad
      conform.rateConversion = rateConversion
      options.conform = conform
    }
    return options
  }

  /// The shots with their trims and transitions.
  /// - Throws: ``UsageError`` for a shot or join that does not exist, or is given twice.
  func shots(_ files: [String]) throws -> [StitchShot] {
    var shots = files.map { StitchShot(path: $0) }
    for trim in trim {
      let index = try Self.shot(trim.shot, of: files)
      guard shots[index].trim == nil else {
        throw UsageError("--trim \(trim.shot): shot \(index + 1) is already trimmed")
      }
      shots[index].trim = trim.trim
    }
    for transition in transition {
      guard (1..<max(2, files.count)).contains(transition.join), files.count > 1 else {
        throw UsageError(
          "--transition \(transition.join): no such join; there \(files.count == 2 ? "is" : "are") "
            + counted(max(0, files.count - 1), "join"))
      }
      guard shots[transition.join].transition == nil else {
        throw UsageError("--transition \(transition.join): the join already has a transition")
      }
      shots[transition.join].transition = transition.transition
    }
    return shots
  }

  private static func shot(_ name: String, of files: [String]) throws -> Int {
    if let number = Int(name), !files.contains(name) {
      guard files.indices.contains(number - 1) else {
        throw UsageError(
          "--trim \(name): no shot \(number); there \(files.count == 1 ? "is" : "are") \(counted(files.count, "shot"))")
      }
      return number - 1
    }
    let found = files.indices.filter { index in
      files[index] == name || URL(fileURLWithPath: files[index]).lastPathComponent == name
    }
    guard found.count == 1 else {
      throw UsageError(
        found.isEmpty
          ? "--trim \(name): no shot has that name" : "--trim \(name): several shots have that name; use their numbers")
    }
    return found[0]
  }
}

/// `2=1.5..4`, `clip.mp4=#12..`
struct ShotTrim: ExpressibleByArgument {
  let shot: String
  let trim: StitchTrim

  init?(argument: String) {
    guard let equals = argument.lastIndex(of: "="), equals > argument.startIndex,
      let trim = StitchTrim(parsing: String(argument[argument.index(after: equals)...]))
    else { return nil }
    shot = String(argument[..<equals])
    self.trim = trim
  }
}

/// `1=dissolve:0.5`
struct JoinTransition: ExpressibleByArgument {
  let join: Int
  let transition: StitchTransition

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2, let join = Int(parts[0]), let transition = StitchTransition(parsing: parts[1]) else {
      return nil
    }
    self.join = join
    self.transition = transition
  }
}

/// `3840x2160`
struct FrameSizeArgument: ExpressibleByArgument {
  let width: Int
  let height: Int

  init?(argument: String) {
    let sides = argument.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard sides.count == 2, let width = sides[0], let height = sides[1], width > 0, height > 0 else { return nil }
    self.width = width
    self.height = height
  }
}

/// `24`, `24000/1001`
struct RateArgument: ExpressibleByArgument {
  let rate: FrameRate

  /// Frames per second.
  private static let validRange = Rational(1)...Rational(1000)

  init?(argument: String) {
    guard let rational = Rational(parsing: argument), Self.validRange.contains(rational), let rate = FrameRate(rational)
    else {
      return nil
    }
    self.rate = rate
  }
}

extension VideoOptions.MatchColor: ExpressibleByArgument {}

extension ConformOptions.Fit: ExpressibleByArgument {}

extension ConformOptions.RateConversion: ExpressibleByArgument {}
