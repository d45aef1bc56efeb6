public import ArgumentParser
import Libav
public import Stills

extension EncodedStill.Format: ExpressibleByArgument {
  public init?(argument: String) { self.init(rawValue: argument == "jpg" ? "jpeg" : argument) }
}

/// How a still is to be encoded.
struct StillOptions: ParsableArguments {
  enum Subsampling: String, ExpressibleByArgument { case full = "444", half = "420" }
  enum ToneMapping: String, ExpressibleByArgument { case none, hable, mobius, reinhard }

  @Option(help: "The format when several files are written: png, jpeg or webp; png without it.")
  var format: EncodedStill.Format?

  @Option(
    name: .customLong("max-bytes"),
    help: "The file may be this large; a JPEG's or WebP's quality, or PNG's effort, follows.")
  var maximumBytes: Int?

  @Option(help: "1 to 100 for JPEG and WebP: the best JPEG without it, and a WebP that loses nothing.")
  var quality: Int?

  @Option(help: "A JPEG's colour resolution: 444 as sharp as its brightness, 420 half.")
  var subsampling: Subsampling = .full

  @Flag(help: "16 bits per sample (PNG only).")
  var deep = false

  @Option(
    name: .customLong("tone-map"),
    help: "How HDR becomes SDR: hable, mobius, reinhard, or none, which keeps its code values; hable but for PNG.")
  var toneMap: ToneMapping?

  func validate() throws {
    if let maximumBytes, maximumBytes < 1 { throw ValidationError("--max-bytes must be above 0.") }
    if let quality, !(1...100).contains(quality) { throw ValidationError("--quality is between 1 and 100.") }
    if quality != nil, maximumBytes != nil { throw ValidationError("Give --quality or --max-bytes, not both.") }
    if deep, let toneMap, toneMap != .none { throw ValidationError("--tone-map gives 8 bits; leave --deep out.") }
  }

  func check(_ format: EncodedStill.Format) throws {
    if deep, format != .png { throw UsageError("--deep needs a .png: other formats hold 8 bits per sample") }
    if quality != nil, format == .png { throw UsageError("--quality is for JPEG and WebP: a PNG loses nothing") }
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
