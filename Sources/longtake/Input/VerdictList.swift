import Foundation
import Presets

/// Verdicts on files, from the output of `verify --json` or a run's report.
struct VerdictList {
  struct Entry {
    var verdict: String?
    /// A shot's id, with its take when there are several.
    var label: String?
  }

  private var entries: [String: Entry] = [:]

  /// Bytes; the report of a long run has a few megabytes.
  private static let maximumSize = 64_000_000

  /// - Throws: ``UsageError`` when the file cannot be read or has no verdict.
  init(path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw UsageError("\(path): cannot be read", status: .inputNotFound)
    }
    guard data.count <= Self.maximumSize else { throw UsageError("\(path): too large for a report", status: .badInput) }
    let decoder = JSONDecoder()
    if let whole = try? decoder.decode(JSONValue.self, from: data) {
      collect(whole, shot: nil)
    } else {
      for line in data.split(separator: UInt8(ascii: "\n")) {
        guard let value = try? decoder.decode(JSONValue.self, from: Data(line)) else {
          throw UsageError("\(path): neither output of 'verify --json' nor a report", status: .badInput)
        }
        collect(value, shot: nil)
      }
    }
    guard !entries.isEmpty else { throw UsageError("\(path): has no verdict on a file", status: .badInput) }
  }

  /// Matched by path, else by file name.
  func entry(of file: String) -> Entry? { entries[file] ?? entries[URL(fileURLWithPath: file).lastPathComponent] }

  private mutating func collect(_ value: JSONValue, shot: String?) {
    switch value {
    case .array(let values):
      for value in values { collect(value, shot: shot) }
    case .object(let members):
      if case .string(let file)? = members["file"], case .string(let verdict)? = members["verdict"] {
        let entry = Entry(verdict: verdict, label: shot)
        entries[file] = entry
        entries[URL(fileURLWithPath: file).lastPathComponent] = entry
      }
      var name = shot
      if case .string(let id)? = members["id"], case .array(let takes)? = members["takes"] {
        for (number, take) in takes.enumerated() {
          collect(take, shot: takes.count > 1 ? "\(id) take \(number + 1)" : id)
        }
        name = id
      }
      for (key, member) in members where key != "takes" || name == shot { collect(member, shot: name) }
    default: break
    }
  }
}
