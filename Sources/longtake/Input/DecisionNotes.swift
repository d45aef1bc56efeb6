import Files
import Foundation
import Pipeline
import Presets
import Review

/// Warnings about decisions before they are acted on.
enum DecisionNotes {
  /// Names what reviewers disagree about, and decisions about another master than the workspace's.
  /// - Parameter field: `pick` or `decision`.
  static func warn(_ decisions: Decisions, _ workspace: Workspace, about field: String) {
    for conflict in decisions.conflicts where conflict.field == field {
      let values = conflict.values.map { "\($0.reviewer): \($0.value)" }.joined(separator: ", ")
      Terminal.warning("\(conflict.shot): reviewers disagree (\(values)); left as it is")
    }
    guard let data = FileManager.default.contents(atPath: workspace.reportPath),
      let report = try? JSONDecoder().decode(JSONValue.self, from: data),
      let current = report["master"]?["sha256"]?.stringValue
    else { return }
    warn(decisions, unlessAbout: current, of: "the workspace has")
  }

  /// Names decisions about another master than a file.
  /// - Throws: `FileError` when the file cannot be read.
  static func warn(_ decisions: Decisions, aboutOtherThan master: String) throws {
    guard decisions.master != nil else { return }
    warn(decisions, unlessAbout: try SHA256Text.ofFile(master).sha256, of: master)
  }

  private static func warn(_ decisions: Decisions, unlessAbout current: String, of owner: String) {
    guard let judged = decisions.master?.sha256, judged != current else { return }
    Terminal.warning("the decisions are about another master (SHA-256 \(judged.prefix(12))…) than \(owner)")
  }
}
