import Files
public import Foundation
import Libav
import Timing

/// A ``ProbeReport`` as JSON: the fields of `ffprobe -print_format json -show_format -show_streams`, with the same names
/// and forms, and this project's own fields under `longtake`, for the file and for each stream.
public struct ProbeJSON: Encodable, Sendable {
  public static let schema = "longtake.probe/1"
  /// GOP lengths listed for one stream; the rest are only counted.
  static let listedGOPs = 500

  private let format: ProbeJSONFormat
  private let streams: [ProbeJSONStream]
  private let longtake: ProbeJSONFile

  /// - Parameter path: the file as the user named it.
  public init(_ report: ProbeReport, path: String) {
    format = ProbeJSONFormat(report.container, streamCount: report.streams.count, path: path)
    streams = report.streams.map {
      ProbeJSONStream($0, showsID: report.container.showsStreamIDs, track: report.track(of: $0.info))
    }
    longtake = ProbeJSONFile(report)
  }

  /// The JSON text in UTF-8, keys sorted; on one line unless `pretty`.
  public func data(pretty: Bool = false) throws -> Data {
    try JSONOutput.data(self, pretty: pretty)
  }
}

/// ffprobe's `format` object; nil fields are omitted, as ffprobe does.
struct ProbeJSONFormat: Encodable {
  let filename: String
  let streamCount: Int
  let programCount: Int
  let name: String
  let longName: String
  let startTime: String?
  let duration: String?
  let size: String?
  let bitRate: String?
  let probeScore: Int
  let tags: [String: String]?

  init(_ container: ContainerInfo, streamCount: Int, path: String) {
    filename = path
    self.streamCount = streamCount
    programCount = container.programCount
    name = container.formatName
    longName = container.formatLongName
    startTime = container.startTime.map { ProbeText.seconds($0) }
    duration = container.durationFromHeader.map { ProbeText.seconds($0) }
    size = container.size.map { "\($0)" }
    bitRate = container.bitRate.map { "\($0)" }
    probeScore = container.probeScore
    tags = container.metadata.isEmpty ? nil : container.metadata
  }

  enum CodingKeys: String, CodingKey {
    case filename, duration, size, tags
    case streamCount = "nb_streams"
    case programCount = "nb_programs"
    case name = "format_name"
    case longName = "format_long_name"
    case startTime = "start_time"
    case bitRate = "bit_rate"
    case probeScore = "probe_score"
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
