import Foundation
import Pipeline
import Presets

/// Reports of the workspaces in the current folder, as resources.
struct ReportResources {
  /// Bytes of a report that is sent.
  private static let largest = 16 << 20

  let path: String
  let title: String

  private var address: String { URL(filePath: path).absoluteString }

  /// Read each time: a run writes them.
  static var all: [ReportResources] {
    let workspaces = (try? WorkspaceSearch.here()) ?? []
    return workspaces.flatMap { workspace -> [ReportResources] in
      let name = URL(filePath: workspace.directory).lastPathComponent
      return [
        ReportResources(path: workspace.reportPath, title: "Report of \(name)"),
        ReportResources(path: workspace.reviewDirectory + "/review.json", title: "Joins and measurements of \(name)"),
      ].filter { FileManager.default.fileExists(atPath: $0.path) }
    }
  }

  /// For `resources/list`.
  var description: JSONValue {
    [
      "uri": .string(address), "name": .string(title), "title": .string(title), "mimeType": "application/json",
    ]
  }

  /// For `resources/read`; nil for anything that is not listed.
  static func read(_ address: String) -> JSONValue? {
    guard let resource = all.first(where: { $0.address == address }),
      let data = FileManager.default.contents(atPath: resource.path), data.count <= largest
    else { return nil }
    return [
      "uri": .string(address), "mimeType": "application/json", "text": .string(String(decoding: data, as: UTF8.self)),
    ]
  }
}
