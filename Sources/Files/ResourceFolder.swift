import Foundation

/// A folder of files that belong to the program: fonts, presets, parts of a page.
///
/// It lies beside the program, in an installation's shared folder, or where the package manager copies the resources of
/// a target.
package struct ResourceFolder: Sendable {
  /// Folders above the program that are searched for a target's resources: a test bundle is deeper than the program.
  private static let searchDepth = 4

  /// Where it may be, in the order of search; what is listed need not exist.
  package let candidates: [String]

  /// - Parameters:
  ///   - name: its name beside the program and in `share/longtake`.
  ///   - target: whose resources they are.
  ///   - folder: its path within the target's resources.
  package init(_ name: String, of target: String, folder: String = "") {
    guard let program = Bundle.main.executableURL?.resolvingSymlinksInPath() else {
      candidates = []
      return
    }
    var above = program.deletingLastPathComponent()
    var found = [
      above.appending(path: name), above.deletingLastPathComponent().appending(path: "share/longtake/\(name)"),
    ]
    for _ in 0..<Self.searchDepth {
      for bundle in ["longtake_\(target).resources", "longtake_\(target).bundle"] {
        let resources = above.appending(path: bundle)
        found.append(folder.isEmpty ? resources : resources.appending(path: folder))
      }
      above = above.deletingLastPathComponent()
    }
    candidates = found.map { $0.path(percentEncoded: false) }
  }

  /// The path of a file in it; nil when it is missing or cannot be read.
  package func path(of file: String) -> String? {
    candidates.map { "\($0)/\(file)" }.first { FileManager.default.isReadableFile(atPath: $0) }
  }
}
