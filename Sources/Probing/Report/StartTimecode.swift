public import Libav
public import Timing

/// The timecode of a file's first frame, from its timecode track or its metadata.
public struct StartTimecode: Sendable, Hashable, CustomStringConvertible {
  public let timecode: Timecode

  /// Nil when the file has none, or none that exists at this rate.
  public init?(container: ContainerInfo?, stream: StreamInfo, rate: FrameRate) {
    guard let text = stream.metadata["timecode"] ?? container?.metadata["timecode"],
      let timecode = Timecode(parsing: text, rate: rate)
    else { return nil }
    self.timecode = timecode
  }

  private init(_ timecode: Timecode) { self.timecode = timecode }

  /// The timecode of a later frame; after 23:59:59 it goes on from zero.
  public func advanced(by frames: Int) -> StartTimecode {
    StartTimecode(timecode.advanced(by: frames))
  }

  /// Frames since `00:00:00:00`.
  public var frame: Int { timecode.frame }
  public var isDropFrame: Bool { timecode.isDropFrame }
  public var description: String { timecode.description }

  /// `01:00:00:00` as `01:00:00;00`.
  public static func withDropFrameMark(_ text: String) -> String {
    guard !text.contains(";"), let last = text.lastIndex(of: ":") else { return text }
    return text[..<last] + ";" + text[text.index(after: last)...]
  }
}
