public import ArgumentParser
import Libav
public import Stills

extension EncodedStill.Format: ExpressibleByArgument {
  public init?(argument: String) { self.init(rawValue: argument == "jpg" ? "jpeg" : argument) }

  public static var allValueStrings: [String] { ["png", "jpeg", "webp"] }
}

/// How to encode an image.
struct StillOptions: ParsableArguments {
  enum Subsampling: String, ExpressibleByArgument, CaseIterable { case full = "444", half = "420" }
  enum ToneMapping: String, ExpressibleByArgument, CaseIterable { case none, hable, mobius, reinhard }

  @Option(help: "Image format with several files (default: png).")
  var format: EncodedStill.Format?

  @Option(
    name: .customLong("max-bytes"),
    help: ArgumentHelp(
      "Maximum file size; lowers the quality of JPEG and WebP, or raises the effort of PNG.", valueName: "bytes"))
  var maximumBytes: Int?

  @Option(
    help: ArgumentHelp(
      "Quality of JPEG and WebP, 1 to 100 (default: best JPEG, lossless WebP).", valueName: "n"))
  var quality: Int?

  @Option(help: "Chroma subsampling of a JPEG.")
  var subsampling: Subsampling = .full

  @Flag(help: "Write 16 bits per sample (PNG only).")
  var deep = false

  @Option(
    name: .customLong("tone-map"),
    help: ArgumentHelp(
      "Tone mapping of HDR; none keeps the code values (default: none for PNG, else hable).", valueName: "curve"))
  var toneMap: ToneMapping?

  func validate() throws {
    if let maximumBytes, maximumBytes < 1 { throw ValidationError("--max-bytes must be above 0.") }
    if let quality, !(1...100).contains(quality) { throw ValidationError("--quality must be 1 to 100.") }
    if quality != nil, maximumBytes != nil { throw ValidationError("Give --quality or --max-bytes, not both.") }
    if deep, let toneMap, toneMap != .none {
      throw ValidationError("--tone-map writes 8 bits per sample; leave out --deep.")
    }
  }

  func check(_ format: EncodedStill.Format) throws {
    if deep, format != .png { throw UsageError("--deep needs a .png: other formats have 8 bits per sample") }
    if quality != nil, format == .png { throw UsageError("--quality is for JPEG and WebP: PNG is lossless") }
  }

  func encode(
    _ frame: borrowing ExactFrame, as format: EncodedStill.Format
  ) throws -> (EncodedStill, note: String?) {
    let encoder = try StillEncoder(
      frame, deep: format != .png ? false : deep ? true : nil, toneMap: curve(for: format).map { ToneMap($0) },
      keepsAlpha: format != .jpeg)
    let still =
      if let maximumBytes {
        try encoder.fitting(maximumBytes: maximumBytes, allowing: [format])
      } else {
        switch format {
        case .png: try encoder.png()
        case .jpeg:
          try encoder.jpeg(
            quantiser: quality.map { StillEncoder.quantiser(quality: $0) } ?? StillEncoder.bestQuantiser,
            subsampled: subsampling == .half)
        case .webp: try encoder.webp(quality: quality)
        }
      }
    return (still, encoder.note)
  }

  private func curve(for format: EncodedStill.Format) -> ToneMap.Curve? {
    guard let toneMap else { return format == .png ? nil : .hable }
    return ToneMap.Curve(rawValue: toneMap.rawValue)
  }
}
