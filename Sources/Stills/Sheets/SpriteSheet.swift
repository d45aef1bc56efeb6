import Color
import Libav
public import Timing

/// Thumbnails on pages of one size each, and the WebVTT file that maps times to their places.
public struct SpriteSheet: Sendable {
  /// Maximum number of thumbnails across and down a page.
  public static let columns = 10
  public static let rows = 10

  /// The place of a thumbnail.
  public struct Place: Sendable, Hashable {
    /// From 0.
    public let page: Int
    /// Pixels.
    public let x: Int
    public let y: Int
    public let width: Int
    public let height: Int
    /// Seconds as a player counts them.
    public let start: Rational
  }

  public private(set) var places: [Place] = []
  private var waiting: [SmallFrame] = []
  private var pageCount = 0
  private let write: @Sendable (_ page: Int, _ frame: SmallFrame) throws -> Void

  /// - Parameter write: called with each page as soon as it is full.
  public init(write: @escaping @Sendable (_ page: Int, _ frame: SmallFrame) throws -> Void) { self.write = write }

  /// Adds a thumbnail; all must have the size of the first.
  public mutating func add(_ thumbnail: Thumbnail) throws {
    let frame = thumbnail.frame
    let (row, column) = waiting.count.quotientAndRemainder(dividingBy: Self.columns)
    let cell = waiting.first ?? frame
    places.append(
      Place(
        page: pageCount, x: column * cell.width, y: row * cell.height, width: cell.width, height: cell.height,
        start: thumbnail.time ?? .zero))
    waiting.append(frame)
    if waiting.count == Self.columns * Self.rows { try finish() }
  }

  /// Writes the last page, when it is not full.
  public mutating func finish() throws {
    guard let cell = waiting.first else { return }
    let columns = min(waiting.count, Self.columns)
    let rows = (waiting.count + Self.columns - 1) / Self.columns
    let canvas = try Canvas(width: columns * cell.width, height: rows * cell.height)
    for (place, frame) in zip(places.suffix(waiting.count), waiting) {
      canvas.draw(frame, left: place.x, top: place.y)
    }
    try write(pageCount, SmallFrame(RGBImage(rgb24: canvas.frame)))
    pageCount += 1
    waiting = []
  }

  /// The WebVTT text (W3C), each cue a reference with a media fragment `#xywh=x,y,w,h`.
  /// - Parameters:
  ///   - end: when the last cue ends, in seconds.
  ///   - names: of the pages, as the text links to them.
  public func webVTT(end: Rational, names: [String]) -> String {
    var text = "WEBVTT\n"
    for (number, place) in places.enumerated() where names.indices.contains(place.page) {
      let next = number + 1 < places.count ? places[number + 1].start : max(end, place.start + Rational(1, 1000))
      let start = number == 0 ? .zero : place.start
      text += "\n\(Self.clock(start)) --> \(Self.clock(next))\n"
      text += "\(Self.link(names[place.page]))#xywh=\(place.x),\(place.y),\(place.width),\(place.height)\n"
    }
    return text
  }

  /// `HH:MM:SS.mmm`.
  static func clock(_ seconds: Rational) -> String {
    let milliseconds = max(0, (seconds * 1000).rounded ?? 0)
    func digits(_ value: Int64, _ count: Int) -> String {
      String(repeating: "0", count: max(0, count - String(value).count)) + String(value)
    }
    let whole = milliseconds / 1000
    return [whole / 3600, whole / 60 % 60, whole % 60].map { digits($0, 2) }.joined(separator: ":") + "."
      + digits(milliseconds % 1000, 3)
  }

  /// A file's name as a relative link: everything but unreserved characters is percent-encoded.
  static func link(_ name: String) -> String {
    name.utf8.map { byte -> String in
      let isPlain =
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
      if isPlain { return String(UnicodeScalar(byte)) }
      let hex = String(byte, radix: 16, uppercase: true)
      return "%" + (hex.count < 2 ? "0" + hex : hex)
    }.joined()
  }
}
