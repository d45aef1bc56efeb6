import Files
import Foundation
import Ledger
import Presets
import Probing
import Stills
import Timing

/// How an anchor was made, as the ledger keeps it (JSON) and `report.json` repeats it.
struct AnchorRecord: Codable {
  /// How the frame was chosen among the last ones.
  struct Search: Codable {
    /// Frames that the storyboard lets be searched.
    let asked: Int
    let searched: Int
    let droppedAfter: Int
    let reason: String

    private enum CodingKeys: String, CodingKey {
      case asked, searched, reason
      case droppedAfter = "dropped_after"
    }
  }

  /// The frame's position in its clip.
  let index: Int
  /// Nil when the last frame was taken without a choice.
  @Nullable var search: Search?
  @Nullable private var pts: Int64?
  private let timeBase: String
  @Nullable private var time: String?
  private let width: Int
  private let height: Int
  private let assumedColor: [String]
  @Nullable private var jpegQuantiser: Int?
  @Nullable private var note: String?

  private enum CodingKeys: String, CodingKey {
    case index, search, pts, time, width, height, note
    case timeBase = "time_base"
    case assumedColor = "assumed_color"
    case jpegQuantiser = "jpeg_quantiser"
  }

  /// - Parameter asked: frames that the storyboard lets be searched.
  init(_ anchor: Anchor, asked: Int?) {
    let source = anchor.source
    let notes = [source.note, anchor.note].compactMap(\.self)
    index = source.index
    pts = source.pts
    timeBase = source.timeBase.description
    time = source.time?.fraction
    width = anchor.still.width
    height = anchor.still.height
    assumedColor = source.color.assumed
    jpegQuantiser = anchor.still.quantiser
    note = notes.isEmpty ? nil : notes.joined(separator: "; ")
    if let asked, let choice = anchor.choice {
      search = Search(
        asked: asked, searched: choice.searched, droppedAfter: choice.droppedAfter, reason: choice.reason)
    }
  }

  /// Nil when the ledger has nothing readable.
  init?(_ anchor: AnchorEntry) {
    guard let text = anchor.detail,
      let record = try? JSONDecoder().decode(AnchorRecord.self, from: Data(text.utf8))
    else { return nil }
    self = record
  }

  var json: String {
    get throws { try JSONValue(encoding: self).canonicalJSON }
  }
}
