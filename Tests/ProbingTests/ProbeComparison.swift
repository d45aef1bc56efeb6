import Foundation
import Probing
import Support
import Testing

/// Our JSON of a file against ffprobe's.
enum ProbeComparison {
  static func own(_ path: String) throws -> [String: Any] {
    let data = try ProbeJSON(try ProbeReport(path: path), path: path).data()
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  /// Nil when ffprobe rejects the file.
  static func differences(_ path: String) throws -> [String]? {
    guard let theirs = try MediaTool.ffprobe(path) else { return nil }
    let ours = try own(path)
    var found: [String] = []
    compare(theirs["format"], ours["format"], "format", &found)
    compare(theirs["streams"], ours["streams"], "streams", &found)
    return found
  }

  private static func compare(_ theirs: Any?, _ ours: Any?, _ place: String, _ found: inout [String]) {
    if let theirs = theirs as? [String: Any], let ours = ours as? [String: Any] {
      for key in Set(theirs.keys).union(ours.keys).subtracting(["longtake"]).sorted() {
        compare(theirs[key], ours[key], "\(place).\(key)", &found)
      }
    } else if let theirs = theirs as? [Any], let ours = ours as? [Any] {
      if theirs.count != ours.count { found.append("\(place): \(theirs.count) against \(ours.count)") }
      for (index, pair) in zip(theirs, ours).enumerated() { compare(pair.0, pair.1, "\(place).\(index)", &found) }
    } else if describe(theirs) != describe(ours) {
      found.append("\(place): ffprobe \(describe(theirs)), ours \(describe(ours))")
    }
  }

  private static func describe(_ value: Any?) -> String {
    value.map { $0 is String ? "'\($0)'" : "\($0)" } ?? "nothing"
  }
}
