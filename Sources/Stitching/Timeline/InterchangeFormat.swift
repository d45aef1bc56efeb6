public import Foundation

/// A format in which editing programs exchange timelines.
public enum InterchangeFormat: String, Sendable, CaseIterable {
  /// OpenTimelineIO.
  case otio
  /// CMX 3600.
  case edl
  /// FCPXML 1.10.
  case fcpxml
  /// Final Cut Pro 7 XML.
  case fcp7

  public var fileExtension: String { self == .fcp7 ? "xml" : rawValue }

  /// The bytes of a file.
  /// - Throws: ``StitchError`` `outOfRange` for a timeline that the format cannot hold.
  public func data(of timeline: EditTimeline) throws -> Data {
    switch self {
    case .otio: try OTIODocument(timeline).data()
    case .edl: try EventList(timeline).data()
    case .fcpxml: FCPXMLDocument(timeline).data()
    case .fcp7: FCP7Document(timeline).data()
    }
  }
}
