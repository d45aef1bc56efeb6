import Files
import Foundation
import Libav
public import Stills

/// A small still of an anchor, kept beside it under the anchor's digest: a 4K PNG takes as long to decode as a dozen frames of
/// a master.
public enum AnchorStill {
  private static let folderName = "stills"
  private static let suffix = ".jpg"

  /// Keeps the still of an anchor that was just written. Where it cannot be written, each page makes its own.
  /// - Parameters:
  ///   - path: of the anchor's file.
  ///   - sha256: of the anchor's file, lower-case hexadecimal.
  public static func keep(_ anchor: Anchor, path: String, sha256: String) {
    guard let kept = keptPath(ReviewAnchor(path: path, sha256: sha256, frame: nil)),
      let still = try? anchor.small.encoded(as: .jpeg, quality: StillWorker.quality)
    else { return }
    write(still.bytes, to: kept)
  }

  /// JPEG of an anchor: the kept still of that digest, made and kept when it is missing or not whole.
  /// - Parameter longerSide: pixels at most.
  /// - Throws: `LibavError` naming the anchor.
  static func image(of anchor: ReviewAnchor, longerSide: Int) throws -> [UInt8] {
    guard let kept = keptPath(anchor), try SHA256Text.ofFile(anchor.path).sha256 == anchor.sha256 else {
      return try ClipStill.image(anchor.path, longerSide: longerSide)
    }
    var bytes = FileManager.default.contents(atPath: kept).map { [UInt8]($0) } ?? []
    if !isWhole(bytes) {
      bytes = try ClipStill.image(anchor.path, longerSide: Anchor.smallLongerSide)
      write(bytes, to: kept)
    }
    return longerSide >= Anchor.smallLongerSide ? bytes : try ClipStill.image(kept, longerSide: longerSide)
  }

  /// Removes kept stills of anchors that have been replaced.
  static func removeOthers(than anchors: [ReviewAnchor]) {
    let wanted = Set(anchors.compactMap(keptPath))
    for folder in Set(wanted.map { URL(filePath: $0).deletingLastPathComponent().path(percentEncoded: false) }) {
      for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
        let path = folder + name
        guard name.hasSuffix(suffix), isDigest(name.dropLast(suffix.count)), !wanted.contains(path) else { continue }
        try? FileManager.default.removeItem(atPath: path)
      }
    }
  }

  /// Nil for what is no digest: it would name another file.
  private static func keptPath(_ anchor: ReviewAnchor) -> String? {
    guard isDigest(anchor.sha256) else { return nil }
    return URL(filePath: anchor.path).deletingLastPathComponent()
      .appending(components: folderName, anchor.sha256 + suffix).path(percentEncoded: false)
  }

  private static func isDigest(_ text: some StringProtocol) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  /// Whether the first and the last marker of a JPEG are there.
  private static func isWhole(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0xFF, 0xD8]) && bytes.suffix(2) == [0xFF, 0xD9]
  }

  private static func write(_ bytes: [UInt8], to path: String) {
    let folder = URL(filePath: path).deletingLastPathComponent()
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try? OutputFile.replace(path, with: bytes)
  }
}
