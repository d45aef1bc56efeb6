import Foundation
import Probing

/// Small copies of takes for a page in one file, so that they can be compared there too.
enum TakeProxies {
  /// Pixels of the shorter side at most.
  private static let shorterSide = 360
  /// Part of the page's size limit that all takes together may use, after Base64.
  private static let share = 0.3
  /// Bytes of one take at most.
  private static let mostBytes: Int64 = 2 << 20

  /// Encodes the takes of shots that have several, as far as the page has room for them.
  /// - Parameter folder: for temporary files.
  /// - Returns: names of the page's files by the takes' paths.
  /// - Throws: `LibavError`, `FileError`, `CancellationError`; takes that cannot be decoded or do not fit are left out.
  static func add(
    of subject: ReviewSubject, limit: Int64, folder: String, to assets: PageAssets
  ) throws -> [String: String] {
    var names: [String: String] = [:]
    let paths = subject.shots.filter { $0.takes.count > 1 }.flatMap { $0.takes.compactMap(\.readablePath) }
    guard !paths.isEmpty else { return [:] }
    var settings = ProxyEncoder.Settings()
    settings.shorterSide = shorterSide
    settings.maximumBytes = min(mostBytes, Int64(Double(limit) * share * 3 / 4) / Int64(paths.count))
    for (number, path) in paths.enumerated() where names[path] == nil {
      guard let timeline = try? MasterTimeline(path: path, stitch: nil) else { continue }
      let file = "\(folder)/take.mp4"
      defer { try? FileManager.default.removeItem(atPath: file) }
      do {
        try ProxyEncoder(timeline, size: timeline.video.stream.shownSize, settings: settings).write(to: file) { _ in }
      } catch let error as ReviewError where error.code == .tooLarge {
        continue
      }
      names[path] = try assets.add("media/take\(number + 1).mp4", "video/mp4", try PageAssets.bytes(of: file))
    }
    return names
  }
}
