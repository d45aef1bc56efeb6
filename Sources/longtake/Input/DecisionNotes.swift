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
    guard let judged = decisions.master?.sha256, let data = FileManager.default.contents(atPath: workspace.reportPath),
      let report = try? JSONDecoder().decode(JSONValue.self, from: data),
      let current = report["master"]?["sha256"]?.stringValue, current != judged
    else { return }
    Terminal.warning("the decisions are about another master (SHA-256 \(judged.prefix(12))…) than the workspace has")
  }
}
