import Foundation
import Probing

/// Copies of takes that a page plays side by side: small ones for a page in one file, else of those that browsers do not play.
enum TakeProxies {
  /// Pixels of the shorter side at most, in a folder and in one file.
  private static let shorterSide = 720
  private static let inlinedShorterSide = 360
  /// Part of the page's size limit that all takes together may use, after Base64.
  private static let share = 0.3
  /// Bytes of one take at most.
  private static let mostBytes: Int64 = 2 << 20

  /// Encodes the takes of shots that have several where the page cannot play them as they are.
  /// - Parameters:
  ///   - limit: bytes of a page in one file.
  ///   - folder: for temporary files.
  /// - Returns: names of the page's files by the takes' paths.
  /// - Throws: `LibavError`, `FileError`, `CancellationError`; takes that cannot be decoded or do not fit are left out.
  static func add(
    of subject: ReviewSubject, limit: Int64, folder: String, text: PageText, to assets: PageAssets,
    progress: (ReviewEvent) -> Void
  ) throws -> [String: String] {
    var names: [String: String] = [:]
    let paths = subject.shots.filter { $0.takes.count > 1 }.flatMap { $0.takes.compactMap(\.readablePath) }
    guard !paths.isEmpty else { return [:] }
    var settings = ProxyEncoder.Settings()
    settings.shorterSide = assets.isInlining ? inlinedShorterSide : shorterSide
    if assets.isInlining {
      settings.maximumBytes = min(mostBytes, Int64(Double(limit) * share * 3 / 4) / Int64(paths.count))
    }
    for (number, path) in paths.enumerated() where names[path] == nil {
      guard let timeline = try? MasterTimeline(path: path, stitch: nil) else { continue }
      guard assets.isInlining || BrowserPlayback.obstacle(timeline.index, text: text) != nil else { continue }
      let file = "\(folder)/take.mp4"
      defer { try? FileManager.default.removeItem(atPath: file) }
      do {
        try ProxyEncoder(timeline, size: timeline.video.stream.shownSize, settings: settings)
          .write(to: file, progress: progress)
      } catch let error as ReviewError where error.code == .tooLarge {
        continue
      }
      let name = "media/take\(number + 1).mp4"
      names[path] =
        assets.isInlining
        ? try assets.add(name, "video/mp4", try PageAssets.bytes(of: file)) : try assets.link(name, to: file)
    }
    return names
  }
}
