import Foundation
import Libav
import Probing
import Timing

/// The container.
struct MediaInfoFile: Sendable {
  let report: ProbeReport
  /// MP4 or MOV, of which MediaInfo's values are known best.
  let isMovie: Bool

  init(_ report: ProbeReport) {
    self.report = report
    isMovie = report.container.formatName.hasPrefix("mov,")
  }

  func fields(video: [[String: MediaInfoTracks.Value]], audioCount: Int) -> [String: MediaInfoTracks.Value] {
    let container = report.container
    // Four characters, spaces included.
    let brand = container.metadata["major_brand"]
    var fields: [String: MediaInfoTracks.Value] = [
      "VideoCount": .of(video.isEmpty ? nil : video.count), "AudioCount": .of(audioCount == 0 ? nil : audioCount),
      "FileExtension": .of(Self.fileExtension(container.path)), "Format": .known(format),
      "FileSize": .known(container.size), "FrameRate": video.first?["FrameRate"] ?? .absent,
      "FrameCount": video.first?["FrameCount"] ?? .absent,
    ]
    if isMovie {
      fields["Format_Profile"] = .known(brand.flatMap { Self.brandProfiles[$0] })
      fields["CodecID"] = .known(brand)
      fields["IsStreamable"] = .known(report.layout?.isFastStart.map { $0 ? "Yes" : "No" })
    }
    if isMovie || format == "Matroska" || format == "Wave", let duration = container.durationFromHeader,
      duration.isPositive
    {
      let milliseconds = (duration * 1000).rounded ?? 0
      fields["Duration"] = .text(Self.decimals(Rational(milliseconds, 1000)))
      let rate = container.size.flatMap { (Rational($0 * 8_000) / Rational(milliseconds)).rounded }
      fields["OverallBitRate"] = .known(rate)
    }
    return fields
  }

  private static let brandProfiles = ["isom": "Base Media", "mp42": "Base Media / Version 2", "qt  ": "QuickTime"]

  private var format: String? {
    switch report.container.formatName {
    case let name where name.hasPrefix("mov,"): "MPEG-4"
    case "matroska,webm": Self.isWebM(report.container.path) ? "WebM" : "Matroska"
    case "mpegts": "MPEG-TS"
    case "wav": "Wave"
    case "mxf": "MXF"
    case "avi": "AVI"
    default: nil
    }
  }

  /// The document type stands in the first bytes (RFC 8794).
  private static func isWebM(_ path: String) -> Bool {
    guard let file = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? file.close() }
    return (try? file.read(upToCount: 64))?.range(of: Data("webm".utf8)) != nil
  }

  private static func fileExtension(_ path: String) -> String? {
    let text = URL(fileURLWithPath: path).pathExtension
    return text.isEmpty ? nil : text
  }

  /// Rounded to three decimals: `23.976`.
  static func decimals(_ value: Rational) -> String {
    guard let thousandths = (value * 1000).rounded else { return "" }
    let digits = String(thousandths.magnitude)
    let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    return (thousandths < 0 ? "-" : "") + padded.dropLast(3) + "." + padded.suffix(3)
  }

  /// MediaInfo's two letters where ISO 639-1 has them.
  static func language(_ info: StreamInfo) -> MediaInfoTracks.Value {
    guard let text = info.metadata["language"], text != "und" else { return .absent }
    return .text(Locale.LanguageCode(text).identifier(.alpha2) ?? text)
  }

  /// Seconds of a track as its own header has them.
  static func duration(_ info: StreamInfo) -> Rational? {
    info.durationFromHeader.map { info.timeBase.seconds($0) }.flatMap { $0.isPositive ? $0 : nil }
  }
}
