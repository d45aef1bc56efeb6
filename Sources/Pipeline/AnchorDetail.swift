import Foundation
import Ledger
import Presets
import Probing
import Stills
import Timing

/// What the ledger keeps of how an anchor was made, as far as later steps need it.
struct AnchorDetail: Decodable {
  struct Search: Decodable {
    /// Frames that the storyboard let be searched.
    let asked: Int
  }

  /// The frame's position in its clip.
  let index: Int
  /// Nil when the last frame was taken without a choice.
  let search: Search?

  /// Nil when nothing that can be read was kept.
  init?(_ anchor: AnchorEntry) {
    guard let text = anchor.detail,
      let detail = try? JSONDecoder().decode(AnchorDetail.self, from: Data(text.utf8))
    else { return nil }
    self = detail
  }

  /// What is kept of an anchor.
  /// - Parameter asked: frames that the storyboard lets be searched.
  static func json(_ anchor: Anchor, asked: Int?) -> JSONValue {
    let source = anchor.source
    let notes = [source.note, anchor.note].compactMap(\.self)
    var search = JSONValue.null
    if let asked, let choice = anchor.choice {
      search = [
        "asked": .integer(Int64(asked)), "searched": .integer(Int64(choice.searched)),
        "dropped_after": .integer(Int64(choice.droppedAfter)), "reason": .string(choice.reason),
      ]
    }
    return [
      "index": .integer(Int64(source.index)), "pts": source.pts.map(JSONValue.integer) ?? .null,
      "time_base": .string(source.timeBase.description),
      "time": source.time.map { .string($0.fraction) } ?? .null,
      "width": .integer(Int64(anchor.still.width)), "height": .integer(Int64(anchor.still.height)),
      "assumed_color": .array(source.color.assumed.map(JSONValue.string)),
      "jpeg_quantiser": anchor.still.quantiser.map { .integer(Int64($0)) } ?? .null,
      "note": notes.isEmpty ? .null : .string(notes.joined(separator: "; ")), "search": search,
    ]
  }
}
