package import Foundation

/// Parses dates of HTTP headers (RFC 9110 §5.6.7), in all three forms.
package enum HTTPDate {
  private static let forms = [
    "EEE, dd MMM yyyy HH:mm:ss zzz", "EEEE, dd-MMM-yy HH:mm:ss zzz", "EEE MMM d HH:mm:ss yyyy",
  ]

  package static func parse(_ value: String) -> Date? {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "GMT")
    for form in forms {
      formatter.dateFormat = form
      if let date = formatter.date(from: value) { return date }
    }
    return nil
  }
}
