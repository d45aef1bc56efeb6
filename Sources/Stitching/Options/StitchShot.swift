public import Timing

/// One shot of a master.
public struct StitchShot: Sendable, Hashable {
  public let path: String
  /// Shown in chapters and messages.
  public let title: String
  /// Whether the join to the shot before is a declared hard cut, which is not searched for an overlap.
  public let followsCut: Bool
  /// Nil for the whole shot.
  public var trim: StitchTrim?
  /// From the shot before into this one; nil for the first shot.
  public var transition: StitchTransition?
  /// Position in presentation order, from 0, of the frame that the next shot starts from. Later frames are dropped, and
  /// the overlap is measured up to this frame. Nil for the last shot.
  public var keepsThrough: Int?

  public init(path: String, title: String? = nil, followsCut: Bool = false) {
    self.path = path
    self.title = title ?? path.split(separator: "/").last.map(String.init) ?? path
    self.followsCut = followsCut
  }
}

/// The part of a shot that is used: `[start, end)`, rounded to the nearest frames.
public struct StitchTrim: Sendable, Hashable {
  /// Nil for the shot's own start.
  public var start: TimePoint?
  /// Nil for the shot's own end.
  public var end: TimePoint?

  public init(start: TimePoint? = nil, end: TimePoint? = nil) {
    self.start = start
    self.end = end
  }

  /// Parses `IN..OUT`, where either may be left out.
  public init?(parsing text: String) {
    guard let dots = text.firstRange(of: "..") else { return nil }
    let (first, last) = (String(text[..<dots.lowerBound]), String(text[dots.upperBound...]))
    start = TimePoint(parsing: first)
    end = TimePoint(parsing: last)
    guard start != nil || first.isEmpty, end != nil || last.isEmpty, start != nil || end != nil else { return nil }
  }

  /// - Throws: ``StitchError`` naming the shot when the range is reversed, empty or outside the shot.
  func frames(of file: String, count: Int, rate: FrameRate) throws -> Range<Int> {
    func frame(_ point: TimePoint?, _ field: String, default own: Int) throws -> Int {
      guard let point else { return own }
      guard let frame = point.frame(at: rate) else {
        throw StitchError(
          .badRequest, "trim \(field) \(point) is not a valid timecode at \(rate) frames/s", file: file)
      }
      guard frame <= count else {
        throw StitchError(
          .outOfRange,
          "trim \(field) \(point) is frame #\(frame), but the shot has only \(count) frames (\(rate.duration(frames: count).doubleValue) s)",
          file: file)
      }
      return frame
    }
    let first = try frame(start, "in", default: 0)
    let last = try frame(end, "out", default: count)
    guard first < last else {
      throw StitchError(
        .badRequest, "the trim from #\(first) to #\(last) keeps no frame; its out must lie after its in", file: file)
    }
    return first..<last
  }
}

/// How one shot changes into the next.
public struct StitchTransition: Sendable, Hashable {
  public enum Kind: String, Sendable, CaseIterable, Codable {
    /// Mixes both shots in code values, as editing programs do; the master is shorter by the transition's length.
    case dissolve
    /// Fades to black over the first half and up from black over the second.
    case dip
  }

  public var kind: Kind
  /// Seconds, timecode or a number of frames.
  public var duration: TimePoint

  public init(kind: Kind, duration: TimePoint) {
    self.kind = kind
    self.duration = duration
  }

  /// Parses `dissolve:0.5`, `dip:#12`.
  public init?(parsing text: String) {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    guard parts.count == 2, let kind = Kind(rawValue: parts[0]), let duration = TimePoint(parsing: parts[1]) else {
      return nil
    }
    self.init(kind: kind, duration: duration)
  }
}
