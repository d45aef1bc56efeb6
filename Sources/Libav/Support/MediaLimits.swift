import CLibav
import Synchronization

/// Limits of what is read from one media file, so that a hostile or damaged one ends in an error and not in exhaustion.
///
/// The defaults leave room for a day of 8K at 60 frames a second.
public struct MediaLimits: Sendable, Hashable {
  /// A limit's name on the command line, and in errors.
  public enum Name: String, Sendable, CaseIterable {
    case pixels, streams, packets, boxes, duration
    case decodeTime = "decode-time"
    case memory
  }

  /// Of one frame.
  public var pixels: Int64 = 8192 * 8192
  public var streams = 256
  /// Of all streams together.
  public var packets = 20_000_000
  /// Boxes at the top level of an MP4 or MOV.
  public var boxes = 2_000_000
  /// Seconds, in the header.
  public var duration: Int64 = 7 * 24 * 3600
  /// Seconds from opening a file to its last packet.
  public var decodeTime: Int64 = 24 * 3600
  /// Bytes of one block that libav allocates: a table of packets, a frame.
  public var memory: Int64 = 1 << 30

  public init() {}

  /// Nil for the defaults: the optimizer of Swift 6.3 loses fields of a larger struct that a static mutex is made with.
  private static let shared = Mutex<MediaLimits?>(nil)

  /// The limits of files that are opened from now on.
  public static var current: MediaLimits { shared.withLock { $0 } ?? MediaLimits() }

  /// Sets the limits of the whole process.
  public static func set(_ limits: MediaLimits) { shared.withLock { $0 = limits } }

  /// The limits of a file that is about to be opened; libav's blocks are limited from here on.
  static func beginReading() -> MediaLimits {
    let limits = current
    av_max_alloc(Int(limits.memory))
    return limits
  }

  public subscript(name: Name) -> Int64 {
    get {
      switch name {
      case .pixels: pixels
      case .streams: Int64(streams)
      case .packets: Int64(packets)
      case .boxes: Int64(boxes)
      case .duration: duration
      case .decodeTime: decodeTime
      case .memory: memory
      }
    }
    set {
      switch name {
      case .pixels: pixels = newValue
      case .streams: streams = Int(newValue)
      case .packets: packets = Int(newValue)
      case .boxes: boxes = Int(newValue)
      case .duration: duration = newValue
      case .decodeTime: decodeTime = newValue
      case .memory: memory = newValue
      }
    }
  }

  /// An error that names the limit and the way out.
  /// - Parameter found: the value and its unit, as a clause such as `has 300 streams`.
  public func exceeded(_ name: Name, _ found: String, file: String?) -> LibavError {
    LibavError(
      .tooLarge,
      "\(found), more than the limit of \(self[name]); raise it with --limits \(name.rawValue)=N if the file is right",
      file: file)
  }
}
