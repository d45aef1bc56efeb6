import Files
public import Timing

/// A text in the frames that says they are generated.
public struct VisibleLabel: Sendable, Hashable {
  public enum Position: String, Sendable, Hashable, CaseIterable {
    case topLeft = "top-left"
    case topRight = "top-right"
    case bottomLeft = "bottom-left"
    case bottomRight = "bottom-right"
    case top, bottom, center
  }

  /// Parts of the frame's sides that stay free around the text: where players draw nothing of their own.
  private static let margin = 0.035
  /// The size that GB 45438-2025 asks for: 5 % of the shorter side.
  public static let usualSize = 5.0
  public static let sizes = 1.0...25.0

  /// Texts by language, ISO 639-2.
  private static let texts = [
    "eng": "AI-generated", "deu": "KI-generiert", "ger": "KI-generiert", "fra": "Généré par IA", "fre": "Généré par IA",
    "spa": "Generado por IA", "ita": "Generato dall’IA", "por": "Gerado por IA", "nld": "Gegenereerd door AI",
    "dut": "Gegenereerd door AI", "pol": "Wygenerowane przez AI", "rus": "Создано ИИ", "zho": "人工智能生成",
    "chi": "人工智能生成",
  ]
  public static let languages = texts.keys.sorted()

  private let line: DrawnText
  public var text: String { line.text }
  public var position = Position.bottomRight
  /// Height of the text in percent of the frame's shorter side.
  public var size = VisibleLabel.usualSize
  /// Seconds from the program's start; nil for all of it.
  public var seconds: Rational?

  /// - Throws: ``DeliveryError`` `badRequest` when the bundled fonts lack a character.
  public init(text: String) throws(DeliveryError) {
    guard !text.isEmpty, let line = DrawnText(text) else {
      throw DeliveryError(
        .badRequest,
        "the label \(quoted(text)) cannot be drawn: the bundled fonts have Latin, Greek and Cyrillic letters, and of "
          + "Chinese the characters \(DrawnText.chinese)")
    }
    self.line = line
  }

  /// - Parameter language: three letters of ISO 639-2.
  /// - Throws: ``DeliveryError`` `badRequest` for a language without a text.
  public init(language: String) throws(DeliveryError) {
    guard let text = Self.texts[language] else {
      throw DeliveryError(
        .badRequest,
        "there is no label text in \(quoted(language)); write it with --label TEXT, or use \(Self.languages.joined(separator: ", "))"
      )
    }
    try self.init(text: text)
  }

  /// libav's filters that draw it.
  /// - Throws: ``DeliveryError`` `unsuitable` when the font or the filter is missing.
  func steps(width: Int, height: Int) throws(DeliveryError) -> [String] {
    let points = max(8, Int((Double(min(width, height)) * size / 100).rounded()))
    let (left, top) = (Int(Double(width) * Self.margin), Int(Double(height) * Self.margin))
    let x =
      switch position {
      case .topLeft, .bottomLeft: "\(left)"
      case .topRight, .bottomRight: "w-tw-\(left)"
      case .top, .bottom, .center: "(w-tw)/2"
      }
    let y =
      switch position {
      case .topLeft, .topRight, .top: "\(top)"
      case .bottomLeft, .bottomRight, .bottom: "h-th-\(top)"
      case .center: "(h-th)/2"
      }
    return [try line.filter(size: points, x: x, y: y, box: max(2, points / 4))]
  }

  /// Frames of the program that have it.
  func frames(rate: FrameRate, of count: Int) -> Range<Int> {
    guard let seconds else { return 0..<count }
    return 0..<min(count, (rate.rational * seconds).rounded.map { Int(clamping: $0) } ?? count)
  }
}
