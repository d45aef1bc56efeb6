import CLibav
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// One message that libav logged.
public struct LogMessage: Sendable, Hashable {
  public enum Severity: Int, Sendable, Comparable {
    case error, warning
    public static func < (a: Severity, b: Severity) -> Bool { a.rawValue < b.rawValue }
  }
  public let severity: Severity
  public let text: String
}

/// Collects libav's messages about one handle, so that none reaches the terminal.
///
/// libav has one global log callback. Every format, codec and filter graph opened by this room carries the log's number as
/// its user data; frame-threaded codec copies carry it too, so messages from any thread find their owner. Messages of contexts
/// without an owner belong to the log that collects on the calling thread (``collecting(_:)``), and are dropped without one.
public final class MessageLog: Sendable {
  /// Messages kept of those that came first, and of the newest; those between are only counted.
  static let firstCapacity = 25
  static let newestCapacity = 25
  private static let lineCapacity = 1024

  struct Entry {
    private var first: [LogMessage] = []
    private var newest: [LogMessage] = []
    private(set) var errors = 0
    private(set) var warnings = 0

    var messages: [LogMessage] { first + newest }

    mutating func append(_ message: LogMessage) {
      switch message.severity {
      case .error: errors += 1
      case .warning: warnings += 1
      }
      if first.count < firstCapacity {
        first.append(message)
      } else {
        if newest.count == newestCapacity { newest.removeFirst() }
        newest.append(message)
      }
    }
  }

  private static let entries = Mutex<[UInt64: Entry]>([:])
  private static let nextNumber = Atomic<UInt64>(1)
  /// The number of the log that collects on the current thread.
  private static let collector: pthread_key_t? = {
    var key = pthread_key_t()
    return pthread_key_create(&key, nil) == 0 ? key : nil
  }()
  private static let installed: Void = {
    av_log_set_level(AV_LOG_WARNING)
    av_log_set_callback { context, level, format, arguments in
      receive(context, level, format, arguments)
    }
  }()

  let number: UInt64

  init() {
    _ = Self.installed
    number = Self.nextNumber.wrappingAdd(1, ordering: .relaxed).oldValue
    Self.entries.withLock { $0[number] = Entry() }
  }

  deinit {
    let number = number
    Self.entries.withLock { _ = $0.removeValue(forKey: number) }
  }

  /// The messages so far, oldest first: the first and the newest ones.
  public var messages: [LogMessage] { entry.messages }
  /// Errors that libav has logged, those not kept included.
  public var errorCount: Int { entry.errors }
  /// Warnings that libav has logged, those not kept included.
  public var warningCount: Int { entry.warnings }

  /// The texts of the newest messages, oldest first.
  func newest(_ count: Int) -> [String] { messages.suffix(count).map(\.text) }

  /// Takes the messages of contexts without an owner on this thread while `body` runs.
  func collecting<R: ~Copyable>(_ body: () throws(LibavError) -> R) throws(LibavError) -> R {
    guard let key = Self.collector else { return try body() }
    let outer = pthread_getspecific(key)
    pthread_setspecific(key, UnsafeRawPointer(bitPattern: UInt(number)))
    defer { pthread_setspecific(key, outer) }
    return try body()
  }

  private var entry: Entry {
    let number = number
    return Self.entries.withLock { $0[number] ?? Entry() }
  }

  private static func receive(
    _ context: UnsafeMutableRawPointer?, _ level: Int32, _ format: UnsafePointer<CChar>?, _ arguments: CVaListPointer?
  ) {
    guard level <= AV_LOG_WARNING, let format, let arguments else { return }
    guard let owner = lt_log_owner(context) ?? collector.flatMap({ pthread_getspecific($0) }) else { return }
    let number = UInt64(UInt(bitPattern: owner))
    let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: lineCapacity) { line in
      guard let start = line.baseAddress else { return "" }
      lt_log_format(context, level, format, arguments, start, Int32(lineCapacity))
      return String(cString: start)
    }
    let trimmed = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    let severity: LogMessage.Severity = level <= AV_LOG_ERROR ? .error : .warning
    entries.withLock { entries in
      entries[number]?.append(LogMessage(severity: severity, text: trimmed))
    }
  }
}

/// Silences libav's own printing before any handle exists; safe to call often.
public enum LibavLogging {
  public static func install() { _ = MessageLog() }
}
