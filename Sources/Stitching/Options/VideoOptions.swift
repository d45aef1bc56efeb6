public import Timing

/// What is done to the frames of a master beyond joining them.
public struct VideoOptions: Sendable, Hashable {
  public enum MatchColor: String, Sendable, CaseIterable, Codable {
    /// Steps are not corrected; the report tells them all the same.
    case off
    /// As `off`.
    case report
    /// The first frames of a shot are brought near the shot before, less and less.
    case ease
    /// Whole shots are brought near the first one, through the joins between them.
    case first
  }

  public var matchColor: MatchColor = .report
  /// Frames over which a correction fades out, at least 1.
  public var easeFrames = 24
  /// Nil refuses shots that do not fit together.
  public var conform: ConformOptions?

  public init() {}
}

/// The format that shots are brought to when they do not fit together: the first shot's, but for what is given here, and in
/// H.264 where the first shot is in neither H.264 nor HEVC.
public struct ConformOptions: Sendable, Hashable {
  public enum Fit: String, Sendable, CaseIterable, Codable {
    /// The whole frame, with black bars.
    case pad
    /// The whole frame filled, with the frame's edges cut off.
    case crop
    /// The whole frame in the whole frame, distorted.
    case stretch
  }

  public enum RateConversion: String, Sendable, CaseIterable, Codable {
    /// Frames are repeated or left out.
    case duplicate
    /// Each frame is the mean of those on screen during its time.
    case blend
  }

  /// Pixels of the master; nil for the first shot's.
  public var width: Int?
  public var height: Int?
  /// Nil for the first shot's.
  public var rate: FrameRate?
  public var fit: Fit = .pad
  /// Nil refuses shots of another rate.
  public var rateConversion: RateConversion?

  public init() {}
}

/// The part of a shot that is used: `[start, end)`, as the nearest frames.
public struct StitchTrim: Sendable, Hashable {
  /// Nil for the shot's own start.
  public var start: TimePoint?
  /// Nil for the shot's own end.
  public var end: TimePoint?

  public init(start: TimePoint? = nil, end: TimePoint? = nil) {
    self.start = start
    self.end = end
  }

  /// Reads `IN..OUT`; either may be left out.
  public init?(parsing text: String) {
    guard let dots = text.firstRange(of: "..") else { return nil }
    let (first, last) = (String(text[..<dots.lowerBound]), String(text[dots.upperBound...]))
    start = TimePoint(parsing: first)
    end = TimePoint(parsing: last)
    guard start != nil || first.isEmpty, end != nil || last.isEmpty, start != nil || end != nil else { return nil }
  }

  /// - Throws: ``StitchError`` naming the shot, when the range is reversed, empty or outside the shot.
  func frames(of file: String, count: Int, rate: FrameRate) throws -> Range<Int> {
    func frame(_ point: TimePoint?, _ field: String, or own: Int) throws -> Int {
      guard let point else { return own }
      guard let frame = point.frame(at: rate) else {
        throw StitchError(.badRequest, "trim \(field) \(point) is no timecode at its \(rate) frames/s", file: file)
      }
      guard frame <= count else {
        throw StitchError(
          .outOfRange,
          "trim \(field) \(point) is frame #\(frame), but it has only \(count) (\(rate.duration(frames: count).doubleValue) s)",
          file: file)
      }
      return frame
    }
    let first = try frame(start, "in", or: 0)
    let last = try frame(end, "out", or: count)
    guard first < last else {
      throw StitchError(
        .badRequest, "the trim from #\(first) to #\(last) keeps no frame; its out must lie after its in", file: file)
    }
    return first..<last
  }
}

/// How one shot gives way to the next.
public struct StitchTransition: Sendable, Hashable {
  public enum Kind: String, Sendable, CaseIterable, Codable {
    /// Both shots at once, mixed in code values as editing programs do; the master is shorter by the transition's length.
    case dissolve
    /// The first shot goes down to black over the first half, the next comes up over the second.
    case dip
  }

  public var kind: Kind
  /// A length: seconds, timecode or a number of frames.
  public var duration: TimePoint

  public init(kind: Kind, duration: TimePoint) {
    self.kind = kind
    self.duration = duration
  }

  /// Reads `dissolve:0.5`, `dip:#12`.
  public init?(parsing text: String) {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    guard parts.count == 2, let kind = Kind(rawValue: parts[0]), let duration = TimePoint(parsing: parts[1]) else {
      return nil
    }
    self.init(kind: kind, duration: duration)
  }
}
