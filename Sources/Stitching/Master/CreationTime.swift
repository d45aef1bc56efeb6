public import Foundation

/// The creation time of a master.
public enum CreationTime {
  /// The environment variable of reproducible builds: seconds since 1970-01-01T00:00:00Z.
  public static let variable = "SOURCE_DATE_EPOCH"
  /// Seconds from 1970 up to what the container's 32 bits, counted from 1904, can hold.
  private static let seconds = 0.0..<4_294_967_296 - 2_082_844_800

  /// The time set by ``variable``, else now in whole seconds.
  /// - Throws: ``StitchError`` `badRequest` when the variable is invalid.
  public static func current(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> Date {
    guard let text = environment[variable], !text.isEmpty else {
      return Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
    }
    guard let value = Int64(text), seconds.contains(Double(value)) else {
      throw StitchError(.badRequest, "\(variable) must be seconds since 1970, not “\(text)”")
    }
    return Date(timeIntervalSince1970: Double(value))
  }

  /// Parses `2026-03-01T12:00:00Z`; nil for anything else.
  public static func parse(_ text: String) -> Date? {
    guard let date = try? Date(text, strategy: .iso8601), seconds.contains(date.timeIntervalSince1970) else {
      return nil
    }
    return date
  }
}
