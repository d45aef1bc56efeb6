import Foundation
import Libav
import Probing
import Stills
import Timing

/// A still on its way to a file: its format by name, and what is told about it.
enum StillFile {
  static func format(of path: String) throws -> EncodedStill.Format {
    switch URL(fileURLWithPath: path).pathExtension.lowercased() {
    case "png": return .png
    case "jpg", "jpeg": return .jpeg
    case "webp": return .webp
    default: throw UsageError("\(path): name the output .png, .jpg, .jpeg or .webp")
    }
  }

  static func ending(of format: EncodedStill.Format) -> String { format == .jpeg ? "jpg" : format.rawValue }

  /// `frame --json` of the contract.
  struct Facts: Encodable {
    struct Color: Encodable {
      let matrix: String?
      let range: String?
      let primaries: String?
      let transfer: String?
      let assumed: [String]

      private enum CodingKeys: String, CodingKey { case matrix, range, primaries, transfer, assumed }

      func encode(to encoder: any Swift.Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(matrix, forKey: .matrix)
        try container.encode(range, forKey: .range)
        try container.encode(primaries, forKey: .primaries)
        try container.encode(transfer, forKey: .transfer)
        try container.encode(assumed, forKey: .assumed)
      }
    }

    /// How an anchor was chosen among a shot's last frames.
    struct Search: Encodable {
      let searched: Int
      let droppedAfter: Int
      let sharpness: Double
      let sharpnessOfLast: Double
      let reason: String

      private enum CodingKeys: String, CodingKey {
        case searched, sharpness, reason
        case droppedAfter = "dropped_after"
        case sharpnessOfLast = "sharpness_of_last"
      }
    }

    let schema = "longtake.frame/1"
    let file: String
    let index: Int
    let pts: Int64?
    let time: Double?
    let timeBase: String
    let width: Int
    let height: Int
    let pixFmt: String
    let color: Color
    let output: String
    let bytes: Int
    let format: String
    let search: Search?
    let note: String?

    enum CodingKeys: String, CodingKey {
      case schema, file, index, pts, time, width, height, color, output, bytes, format, search, note
      case timeBase = "time_base"
      case pixFmt = "pix_fmt"
    }

    /// - Parameter note: how the colours were brought to the still's form.
    init(
      _ facts: ExactFrame.Facts, still: EncodedStill, output: String, choice: AnchorChoice? = nil, note: String?
    ) {
      file = facts.file
      index = facts.index
      pts = facts.pts
      time = facts.time?.doubleValue
      timeBase = facts.timeBase.description
      width = still.width
      height = still.height
      pixFmt = facts.pixelFormat
      let tags = facts.color.tags
      color = Color(
        matrix: tags.matrix, range: tags.range, primaries: tags.primaries, transfer: tags.transfer,
        assumed: facts.color.assumed)
      self.output = output
      bytes = still.bytes.count
      format = Self.name(still)
      search = choice.map {
        Search(
          searched: $0.searched, droppedAfter: $0.droppedAfter, sharpness: $0.sharpness,
          sharpnessOfLast: $0.sharpnessOfLast, reason: $0.reason)
      }
      var notes = facts.note.map { [$0] } ?? []
      if facts.rotation != 0 || facts.isMirrored { notes.append("turned upright: rotation \(facts.rotation)°") }
      let ratio = facts.sampleAspectRatio
      if ratio.isPositive, ratio != .one { notes.append("pixels are not square (\(ratio)); they were not stretched") }
      if let note { notes.append(note) }
      self.note = notes.isEmpty ? nil : notes.joined(separator: "; ")
    }

    private static func name(_ still: EncodedStill) -> String {
      switch still.format {
      case .png: "png \(still.bitDepth) bit"
      case .webp: still.quality.map { "webp quality \($0)" } ?? "webp lossless"
      case .jpeg: "jpeg \(still.subsampling ?? "") quantiser \(still.quantiser ?? 0)"
      }
    }

    func encode(to encoder: any Swift.Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(schema, forKey: .schema)
      try container.encode(file, forKey: .file)
      try container.encode(index, forKey: .index)
      try container.encode(pts, forKey: .pts)
      try container.encode(time, forKey: .time)
      try container.encode(timeBase, forKey: .timeBase)
      try container.encode(width, forKey: .width)
      try container.encode(height, forKey: .height)
      try container.encode(pixFmt, forKey: .pixFmt)
      try container.encode(color, forKey: .color)
      try container.encode(output, forKey: .output)
      try container.encode(bytes, forKey: .bytes)
      try container.encode(format, forKey: .format)
      try container.encode(search, forKey: .search)
      try container.encode(note, forKey: .note)
    }
  }

  static func announce(_ facts: Facts, json: Bool) throws {
    if json { try Output.json(facts) }
    let time = facts.time.map { " at \(Self.seconds($0))" } ?? ""
    Terminal.note(
      "\(facts.output): frame #\(facts.index)\(time) of \(facts.file), \(facts.width)×\(facts.height), \(facts.format), \(facts.bytes) bytes"
    )
    if !facts.color.assumed.isEmpty {
      Terminal.note("  untagged colour, assumed \(facts.color.assumed.joined(separator: ", "))")
    }
    if let search = facts.search {
      Terminal.note("  \(search.reason); \(search.droppedAfter) frames after it are to be dropped")
    }
    if let note = facts.note { Terminal.warning(note) }
  }

  static func seconds(_ value: Double) -> String { String(format: "%.3f s", value) }
}
