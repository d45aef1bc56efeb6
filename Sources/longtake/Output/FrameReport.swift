import Files
import Foundation
import Libav
import Probing
import Stills
import Timing

/// `frame --json` and `anchor --json`: which frame was written, and how its colour was handled.
struct FrameReport: Encodable, Sendable {
  struct Color: Encodable, Sendable {
    @Nullable var matrix: String?
    @Nullable var range: String?
    @Nullable var primaries: String?
    @Nullable var transfer: String?
    let assumed: [String]
  }

  /// How an anchor was chosen among a shot's last frames.
  struct Search: Encodable, Sendable {
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
  @Nullable var pts: Int64?
  @Nullable var time: Double?
  let timeBase: String
  let width: Int
  let height: Int
  let pixFmt: String
  let color: Color
  let output: String
  let bytes: Int
  let format: String
  @Nullable var search: Search?
  @Nullable var note: String?

  private enum CodingKeys: String, CodingKey {
    case schema, file, index, pts, time, width, height, color, output, bytes, format, search, note
    case timeBase = "time_base"
    case pixFmt = "pix_fmt"
  }

  /// - Parameter note: how the colour was converted for the image.
  init(_ facts: ExactFrame.Facts, still: EncodedStill, output: String, choice: AnchorChoice? = nil, note: String?) {
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
    if facts.rotation != 0 || facts.isMirrored {
      notes.append("rotated to display orientation: \(facts.rotation)°\(facts.isMirrored ? ", mirrored" : "")")
    }
    let ratio = facts.sampleAspectRatio
    if ratio.isPositive, ratio != .one { notes.append("pixels are not square (\(ratio)) and were not stretched") }
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

  /// For people.
  private var lines: [String] {
    let time = time.map { String(format: " at %.3f s", $0) } ?? ""
    var lines = ["\(output): frame #\(index)\(time) of \(file), \(width)×\(height), \(format), \(bytes) bytes"]
    if !color.assumed.isEmpty { lines.append("  untagged colour, assumed \(color.assumed.joined(separator: ", "))") }
    if let search {
      lines.append("  \(search.reason); drop the \(counted(search.droppedAfter, "frame")) after it")
    }
    return lines
  }

  /// Prints the answer.
  func show(json: Bool) throws {
    if json { try Answer.json(self) } else { Answer.lines(lines) }
    if let note { Terminal.warning(note) }
  }
}

extension EncodedStill.Format {
  /// By the ending of a file name.
  /// - Throws: ``UsageError``.
  init(of path: String) throws {
    switch URL(fileURLWithPath: path).pathExtension.lowercased() {
    case "png": self = .png
    case "jpg", "jpeg": self = .jpeg
    case "webp": self = .webp
    default: throw UsageError("\(path): name the output .png, .jpg, .jpeg or .webp")
    }
  }

  var ending: String { self == .jpeg ? "jpg" : rawValue }
}
