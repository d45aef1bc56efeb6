import Foundation
import Libav
import Probing
public import Storyboard

/// Inspects image files by decoding them.
public struct LibavImageInspector: ImageInspector {
  /// Brands of still images in the ISO base media format that libav may not read (ISO/IEC 23008-12, AV1 Image File Format).
  private static let unreadableBrands: Set<String> = [
    "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif", "avis",
  ]

  public init() {}

  public func facts(of path: String) throws -> ImageFacts {
    do {
      let info = try StillInfo(path: path)
      return ImageFacts(
        format: info.formatName, width: info.width, height: info.height, bytes: info.bytes, isPlain: info.isPlain,
        hasDisplayOrientation: info.orientation == .normal)
    } catch {
      throw LibavError(error.code, "\(error.message)\(Self.advice(on: path, error.code))")
    }
  }

  private static func advice(on path: String, _ code: LibavError.Code) -> String {
    guard code == .invalidData || code == .unsupported else { return "" }
    let handle = FileHandle(forReadingAtPath: path)
    let head = (try? handle?.read(upToCount: 12)) ?? Data()
    let isBox = head.count == 12 && head[4..<8].elementsEqual("ftyp".utf8)
    let isUnreadable = isBox && unreadableBrands.contains(String(decoding: head[8..<12], as: UTF8.self))
    return (isUnreadable ? "; it is HEIC or AVIF, which this libav does not read" : "") + "; save it as PNG or JPEG"
  }
}
