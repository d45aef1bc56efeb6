import Foundation

/// Files of this project, found from where the tests' sources lie.
public enum ProjectFiles {
  public static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path(percentEncoded: false)

  /// The absolute path of a file such as `presets/verify/uhd-4k.json`.
  public static func path(_ relative: String) -> String {
    root + (root.hasSuffix("/") ? "" : "/") + relative
  }
}
