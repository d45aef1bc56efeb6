import CLibav

/// A failed libav call: a code, the action, the file, and libav's own newest messages about it.
public struct LibavError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Kinds of failure; grows without breaking callers, so it is a struct.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    public static let fileNotFound = Code("file not found")
    public static let permissionDenied = Code("permission denied")
    /// A folder, a pipe or a device.
    public static let notAFile = Code("not a file")
    public static let invalidData = Code("invalid data")
    public static let noSuchStream = Code("no such stream")
    /// Beyond one of ``MediaLimits``.
    public static let tooLarge = Code("too large")
    public static let codecMissing = Code("codec missing")
    public static let unsupported = Code("unsupported")
    public static let outOfMemory = Code("out of memory")
    public static let diskFull = Code("disk full")
    public static let inputOutput = Code("input/output error")
    public static let other = Code("libav error")
  }

  public let code: Code
  /// The action that failed, and libav's text for the error.
  public let message: String
  /// The file concerned, if there was one.
  public let file: String?
  /// libav's newest messages about it, oldest first.
  public let log: [String]
  /// libav's return code, as `AVERROR(…)`; nil for errors found by this program.
  public let averror: Int32?

  /// Messages of libav that an error quotes.
  private static let quotedMessages = 5

  public init(
    _ code: Code, _ message: String, file: String? = nil, log: [String] = [], averror: Int32? = nil
  ) {
    self.code = code
    self.message = message
    self.file = file
    self.log = log
    self.averror = averror
  }

  /// The same error naming a file, if it named none.
  public func about(_ path: String) -> LibavError {
    LibavError(code, message, file: file ?? path, log: log, averror: averror)
  }

  /// From a libav return code.
  init(status: Int32, doing action: String, file: String? = nil, log: MessageLog? = nil) {
    let code: Code =
      switch status {
      case lt_error_not_found, lt_error_not_directory, lt_error_link_loop, lt_error_name_too_long: .fileNotFound
      case lt_error_access, lt_error_read_only: .permissionDenied
      case lt_error_invalid_data, lt_error_demuxer_not_found, lt_error_eof: .invalidData
      case lt_error_stream_not_found: .noSuchStream
      case lt_error_decoder_not_found, lt_error_encoder_not_found: .codecMissing
      case lt_error_unsupported: .unsupported
      case lt_error_no_memory: .outOfMemory
      case lt_error_no_space: .diskFull
      case lt_error_io: .inputOutput
      default: .other
      }
    self.init(
      code, "\(action): \(Self.text(status))", file: file, log: log?.newest(Self.quotedMessages) ?? [], averror: status)
  }

  /// From an `errno` value of the system.
  init(errno code: Int32, doing action: String, file: String) {
    self.init(status: -code, doing: action, file: file)
  }

  public var description: String { (file.map { "\($0): " } ?? "") + reason }

  /// The description without the file, for texts that name it already.
  public var reason: String { message + (log.isEmpty ? "" : " (libav: \(log.joined(separator: "; ")))") }

  static func text(_ status: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(AV_ERROR_MAX_STRING_SIZE)) { buffer in
      guard let start = buffer.baseAddress else { return "error \(status)" }
      start.initialize(repeating: 0, count: buffer.count)
      av_strerror(status, start, buffer.count)
      return String(cString: start)
    }
  }
}

/// The one checked call: a negative return code of libav becomes a ``LibavError``; others are returned.
@discardableResult
func check(
  _ status: Int32, _ action: @autoclosure () -> String, file: String? = nil, log: MessageLog? = nil
) throws(LibavError) -> Int32 {
  guard status >= 0 else { throw LibavError(status: status, doing: action(), file: file, log: log) }
  return status
}

/// The pointer, or an out-of-memory error where libav's allocators return NULL.
func allocated<T>(_ pointer: T?, _ what: String) throws(LibavError) -> T {
  guard let pointer else { throw LibavError(.outOfMemory, "cannot allocate \(what)") }
  return pointer
}
