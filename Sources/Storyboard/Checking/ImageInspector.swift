/// Inspects image files; implemented by a room that can decode them.
public protocol ImageInspector: Sendable {
  /// - Throws: an error whose description is the reason why the file is not a readable image.
  func facts(of path: String) throws -> ImageFacts
}

/// The format of an image file, by its content and not by its name.
public struct ImageFacts: Sendable, Hashable {
  /// In lower case: `png`, `jpeg`, `webp`, `gif` and so on.
  public let format: String
  /// Pixels in display orientation.
  public let width: Int
  public let height: Int
  public let bytes: Int64
  /// Whether every decoder reads its samples: 8 bits, and not CMYK.
  public let isPlain: Bool
  /// Whether its pixels are stored in display orientation, without an EXIF rotation.
  public let hasDisplayOrientation: Bool

  public init(
    format: String, width: Int, height: Int, bytes: Int64, isPlain: Bool = true, hasDisplayOrientation: Bool = true
  ) {
    self.isPlain = isPlain
    self.hasDisplayOrientation = hasDisplayOrientation
    self.format = format
    self.width = width
    self.height = height
    self.bytes = bytes
  }
}
