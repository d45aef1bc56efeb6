public import Foundation
import Libav
import Timing

/// A ``ProbeReport`` as JSON: the fields of `ffprobe -print_format json -show_format -show_streams`, with the same names
/// and forms, and this project's own fields under `longtake`, for the file and for each stream.
public struct ProbeJSON: Encodable, Sendable {
  public static let schema = "longtake.probe/1"
  /// GOP lengths listed for one stream; the rest are only counted.
  static let listedGOPs = 500

  private let report: ProbeReport
  private let path: String

  /// - Parameter path: the file as the user named it.
  public init(_ report: ProbeReport, path: String) {
    self.report = report
    self.path = path
  }

  /// The JSON text in UTF-8, keys sorted; on one line unless `pretty`.
  public func data(pretty: Bool = false) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
    return try encoder.encode(self)
  }

  public func encode(to encoder: any Swift.Encoder) throws {
    var fields = JSONFields(encoder)
    try fields.put(
      "format", ProbeJSONFormat(container: report.container, streamCount: report.streams.count, path: path))
    try fields.put(
      "streams",
      report.streams.map {
        ProbeJSONStream(report: $0, showsID: report.container.showsStreamIDs, track: report.track(of: $0.info))
      })
    try fields.put("longtake", ProbeJSONFile(report: report))
  }
}

/// ffprobe's `format` object.
struct ProbeJSONFormat: Encodable {
  let container: ContainerInfo
  let streamCount: Int
  let path: String

  func encode(to encoder: any Swift.Encoder) throws {
    var fields = JSONFields(encoder)
    try fields.put("filename", path)
    try fields.put("nb_streams", streamCount)
    try fields.put("nb_programs", container.programCount)
    try fields.put("format_name", container.formatName)
    try fields.put("format_long_name", container.formatLongName)
    try fields.put("start_time", container.startTime.map { ProbeText.seconds($0) })
    try fields.put("duration", container.durationFromHeader.map { ProbeText.seconds($0) })
    try fields.put("size", container.size.map { "\($0)" })
    try fields.put("bit_rate", container.bitRate.map { "\($0)" })
    try fields.put("probe_score", container.probeScore)
    try fields.put("tags", container.metadata.isEmpty ? nil : container.metadata)
  }
}

/// Values as ffprobe writes them.
enum ProbeText {
  /// Ticks of a time base as seconds with six decimals, computed in doubles as ffprobe does.
  static func seconds(_ ticks: Int64, _ base: TimeBase) -> String {
    let tick = Double(base.rational.numerator) / Double(base.rational.denominator)
    return String(format: "%f", tick * Double(ticks))
  }

  /// Seconds that are a whole number of microseconds.
  static func seconds(_ value: Rational) -> String {
    TimeBase.microseconds.ticks(value).map { seconds($0, .microseconds) } ?? "N/A"
  }

  /// A ratio written with a colon, as aspect ratios are.
  static func ratio(_ value: Rational) -> String { "\(value.numerator):\(value.denominator)" }
}

/// Writes the members of a JSON object one by one.
struct JSONFields {
  struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private var container: KeyedEncodingContainer<Name>

  init(_ encoder: any Swift.Encoder) { container = encoder.container(keyedBy: Name.self) }

  /// Leaves out nil, as ffprobe does.
  mutating func put(_ name: String, _ value: (some Encodable)?) throws {
    try container.encodeIfPresent(value, forKey: Name(name))
  }

  /// Writes nil as `null`, as in this project's own fields.
  mutating func putOrNull(_ name: String, _ value: (some Encodable)?) throws {
    try container.encode(value, forKey: Name(name))
  }
}
