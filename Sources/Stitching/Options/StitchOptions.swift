public import Foundation

/// How shots are to be joined.
public struct StitchOptions: Sendable, Hashable {
  public enum Mode: String, Sendable, CaseIterable, Codable {
    /// Copies what can be copied and re-encodes the least.
    case auto
    /// Never re-encodes a frame; an error where that cannot be.
    case copy
    /// As `auto`.
    case smart
    /// Re-encodes every frame.
    case encode
  }

  public enum Overlap: Sendable, Hashable {
    /// Measured at each join.
    case automatic
    /// Nothing is dropped.
    case keep
    /// So many frames are dropped from each shot that another follows.
    case fixed(Int)
  }

  /// How much of a written master is decoded to prove it.
  public enum Check: String, Sendable, CaseIterable, Codable {
    /// Every frame, so that a damaged shot is found.
    case all
    /// The frames around each join; for shots that were verified already.
    case joins
  }

  public var mode: Mode = .auto
  public var check: Check = .all
  public var overlap: Overlap = .automatic
  /// Seconds of equal-power crossfade of the audio at a join, 0–1.
  public var audioCrossfade = 0.020
  /// Bits per second of the AAC track.
  public var audioBitRate: Int64 = 256_000
  /// Codec, level and music.
  public var audio = AudioOptions()
  /// A chapter for each shot, named by its title.
  public var writesChapters = false
  /// Container metadata: `title`, `comment` and others that every reader knows, and keys of the caller's own.
  public var metadata: [String: String] = [:]
  /// The moment that the container says it was made at; nil leaves it out.
  public var creationTime: Date?
  public var overwrite = false
  /// What is done to the frames beyond joining them.
  public var video = VideoOptions()

  public init() {}
}

/// One shot of a master.
public struct StitchShot: Sendable, Hashable {
  public let path: String
  /// Shown in chapters and messages.
  public let title: String
  /// A join declared as a hard cut is not searched for an overlap.
  public let followsCut: Bool
  /// Nil for the whole shot.
  public var trim: StitchTrim?
  /// Into this shot from the one before; the first shot has none.
  public var transition: StitchTransition?
  /// Position in presentation order, from 0, of the frame that the next shot starts from: what lies behind it is left out,
  /// and the overlap is measured before it. Nil for the last.
  public var keepsThrough: Int?

  public init(path: String, title: String? = nil, followsCut: Bool = false) {
    self.path = path
    self.title = title ?? path.split(separator: "/").last.map(String.init) ?? path
    self.followsCut = followsCut
  }
}

/// Progress of a stitch.
public enum StitchEvent: Sendable {
  /// A shot's packets have been read.
  case indexed(shot: Int, of: Int)
  /// The whole audio is listened to, for the so-and-so-many-th time, to find its level.
  case listening(pass: Int)
  /// A join has been measured.
  case analysed(join: Int, of: Int, overlap: Int)
  /// Frames written so far.
  case written(frames: Int, of: Int)
  /// The master is being checked.
  case proving
}
