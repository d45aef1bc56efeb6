public import ArgumentParser
import Foundation
public import Stitching
import Timing

/// What `stitch` may do to the frames beyond joining them.
struct StitchVideoOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Use only part of a shot: SHOT=IN..OUT.",
      discussion: """
        SHOT is its number from 1 or its file's name. IN and OUT are seconds, HH:MM:SS.mmm, HH:MM:SS:FF or #frame, taken to \
        the nearest frame; either may be left out; OUT itself is not in. Give it once for each shot.
        """, valueName: "shot=in..out"))
  var trim: [ShotTrim] = []

  @Option(
    help: ArgumentHelp(
      "JOIN=dissolve:DURATION or JOIN=dip:DURATION.",
      discussion: """
        JOIN is its number from 1; DURATION as a time or #frames. A dissolve mixes the end of one shot with the start of the \
        next, in code values as editing programs do, and the audio with it: the master is shorter by its length. A dip goes \
        through black. The next shot is encoded again up to its next IDR.
        """, valueName: "join=kind:duration"))
  var transition: [JoinTransition] = []

  @Option(
    name: .customLong("match-color"),
    help: ArgumentHelp(
      "off, report, ease or first.",
      discussion: """
        ease corrects the first frames of a shot towards the shot before, less and less; first corrects whole shots towards \
        the first. Both leave cuts alone and encode what they change.
        """))
  var matchColor: VideoOptions.MatchColor = .report

  @Option(name: .customLong("ease-frames"), help: "Frames over which --match-color ease fades out, 1–1000.")
  var easeFrames = 24

  @Flag(
    help: ArgumentHelp(
      "Encode shots that do not fit to the master's format.",
      discussion: "The format is the first shot's, but for --size and --rate. Without this, such shots are refused."))
  var conform = false

  @Option(help: "The master's size with --conform: WIDTHxHEIGHT, with square pixels.")
  var size: FrameSizeArgument?

  @Option(help: "The master's frame rate with --conform: 24, 24000/1001, …")
  var rate: RateArgument?

  @Option(help: "How another shape fills the frame with --conform: pad, crop or stretch.")
  var fit: ConformOptions.Fit?

  @Option(
    name: .customLong("rate-conversion"),
    help: "Allow --conform to convert frame rates: duplicate (repeat and leave out) or blend (mix).")
  var rateConversion: ConformOptions.RateConversion?

  func validate() throws {
    guard (1...1000).contains(easeFrames) else { throw ValidationError("--ease-frames takes 1 to 1000 frames.") }
    if !conform {
      let given: [(String, Bool)] = [
        ("--size", size != nil), ("--rate", rate != nil), ("--fit", fit != nil),
        ("--rate-conversion", rateConversion != nil),
      ]
      if let (name, _) = given.first(where: \.1) { throw ValidationError("\(name) goes with --conform.") }
    }
  }

  var frame: VideoOptions {
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

  /// The shots with what was said of each.
  /// - Throws: ``UsageError`` when something is said of a shot that is not there, or twice.
  func shots(_ files: [String]) throws -> [StitchShot] {
    var shots = files.map { StitchShot(path: $0) }
    for trim in trim {
      let index = try Self.shot(trim.shot, of: files)
      guard shots[index].trim == nil else {
        throw UsageError("--trim \(trim.shot): shot \(index + 1) is trimmed twice")
      }
      shots[index].trim = trim.trim
    }
    for transition in transition {
      guard (1..<max(2, files.count)).contains(transition.join), files.count > 1 else {
        throw UsageError(
          "--transition \(transition.join): there \(files.count == 2 ? "is 1 join" : "are \(max(0, files.count - 1)) joins")"
        )
      }
      guard shots[transition.join].transition == nil else {
        throw UsageError("--transition \(transition.join): the join has two transitions")
      }
      shots[transition.join].transition = transition.transition
    }
    return shots
  }

  private static func shot(_ name: String, of files: [String]) throws -> Int {
    if let number = Int(name), !files.contains(name) {
      guard files.indices.contains(number - 1) else {
        throw UsageError("--trim \(name): there is no shot \(number) among \(files.count)")
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

  /// Frames per second outside of which a rate is a mistake.
  private static let sensible = Rational(1)...Rational(1000)

  init?(argument: String) {
    guard let rational = Rational(parsing: argument), Self.sensible.contains(rational), let rate = FrameRate(rational)
    else {
      return nil
    }
    self.rate = rate
  }
}

extension VideoOptions.MatchColor: ExpressibleByArgument {}

extension ConformOptions.Fit: ExpressibleByArgument {}

extension ConformOptions.RateConversion: ExpressibleByArgument {}
