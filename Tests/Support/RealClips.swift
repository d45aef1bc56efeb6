import Foundation

/// Real media kept outside the repository: the folder named by `LONGTAKE_REAL_CLIPS`.
public enum RealClips {
  public static let folder: String? = ProcessInfo.processInfo.environment["LONGTAKE_REAL_CLIPS"]
  public static var areThere: Bool { folder != nil }

  private static let suffixes = [".mp4", ".MP4", ".mov", ".MOV", ".hevc", ".h264", ".h265", ".mkv", ".webm", ".ts"]

  /// Paths of all clips below the folder, sorted; empty without a folder.
  public static let paths: [String] = {
    guard let folder, let names = FileManager.default.enumerator(atPath: folder) else { return [] }
    return names.compactMap { $0 as? String }.filter { name in suffixes.contains { name.hasSuffix($0) } }.sorted()
      .map { "\(folder)/\($0)" }
  }()
}
