import CLibav
import Synchronization

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
/// libav has one global log callback. Every format, codec and filter graph opened by this room carries the log's number
/// as its user data; frame-threaded codec copies carry it too, so messages from any thread find their owner. Messages of
/// contexts without an owner are dropped.
public final class MessageLog: Sendable {
  /// Lines kept; later ones are counted only.
  static let capacity = 50
  private static let lineCapacity = 1024

  struct Entry {
    var messages: [LogMessage] = []
    var errors = 0
    var warnings = 0
  }

  private static let entries = Mutex<[UInt64: Entry]>([:])
  private static let nextNumber = Atomic<UInt64>(1)
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

  /// The messages so far, oldest first; at most ``capacity``.
  public var messages: [LogMessage] { entry.messages }
  /// How many errors libav has logged, those beyond the capacity included.
  public var errorCount: Int { entry.errors }
  public var warningCount: Int { entry.warnings }

  private var entry: Entry {
    let number = number
    return Self.entries.withLock { $0[number] ?? Entry() }
  }

  private static func receive(
    _ context: UnsafeMutableRawPointer?, _ level: Int32, _ format: UnsafePointer<CChar>?, _ arguments: CVaListPointer?
  ) {
    guard level <= AV_LOG_WARNING, let format, let arguments else { return }
    guard let owner = lt_log_owner(context) else { return }
    let number = UInt64(UInt(bitPattern: owner))
    let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: lineCapacity) { line in
      guard let start = line.baseAddress else { return "" }
      lt_log_format(context, level, format, arguments, start, Int32(lineCapacity))
      return String(cString: start)
    }
    let trimmed = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    let severity: LogMessage.Severity = level <= AV_LOG_ERROR ? .error : .warning
    entries.withLock { entries in
      guard var entry = entries[number] else { return }
      if severity == .error { entry.errors += 1 } else { entry.warnings += 1 }
      if entry.messages.count < capacity { entry.messages.append(LogMessage(severity: severity, text: trimmed)) }
      entries[number] = entry
    }
  }
}
