/// A term of IPTC's vocabulary of digital source types (cv.iptc.org/newscodes/digitalsourcetype).
public enum DigitalSourceType: String, Sendable, Hashable, Codable, CaseIterable {
  /// Made by a generative model.
  case trainedAlgorithmicMedia
  /// Put together, some of it made by a generative model.
  case compositeWithTrainedAlgorithmicMedia
  case algorithmicallyEnhanced
  case algorithmicMedia
  case composite
  case compositeCapture
  case compositeSynthetic
  case computationalCapture
  case dataDrivenMedia
  case digitalCapture
  case digitalCreation
  case humanEdits
  case negativeFilm
  case positiveFilm
  case print
  case screenCapture
  case virtualRecording

  private static let vocabulary = "cv.iptc.org/newscodes/digitalsourcetype/"

  public var uri: String { "http://\(Self.vocabulary)\(rawValue)" }

  /// Reads the address or the plain name of a term; nil for another one.
  public init?(_ text: String) {
    guard let place = text.firstRange(of: Self.vocabulary) else {
      self.init(rawValue: text)
      return
    }
    self.init(rawValue: String(text[place.upperBound...]))
  }

  /// What something made of these parts is.
  public static func combined(_ parts: some Collection<DigitalSourceType>) -> DigitalSourceType? {
    guard let first = parts.first else { return nil }
    if parts.allSatisfy({ $0 == first }) { return first }
    let isGenerated = parts.contains { [.trainedAlgorithmicMedia, .compositeWithTrainedAlgorithmicMedia].contains($0) }
    return isGenerated ? .compositeWithTrainedAlgorithmicMedia : .composite
  }
}
