import Files
import Stills
import Timing

/// `thumbnails --json`: one object for each video.
struct ThumbnailsReport: Encodable, Sendable {
  struct Thumbnail: Encodable, Sendable {
    let index: Int
    @Nullable var time: Double?
    @Nullable var file: String?
    @Nullable var sprite: String?
    @Nullable var x: Int?
    @Nullable var y: Int?
    let width: Int
    let height: Int
    @Nullable var reason: String?
  }

  let schema = "longtake.thumbnails/1"
  let file: String
  let frames: Int
  @Nullable var duration: Double?
  private(set) var thumbnails: [Thumbnail] = []
  private(set) var sprites: [String] = []
  @Nullable private(set) var vtt: String?
  @Nullable var note: String?

  private enum CodingKeys: String, CodingKey {
    case schema, file, frames, duration, thumbnails, sprites, vtt, note
  }

  init(file: String, frames: Int, duration: Double?) {
    self.file = file
    self.frames = frames
    self.duration = duration
  }

  mutating func add(_ thumbnail: Stills.Thumbnail, file: String?) {
    thumbnails.append(
      Thumbnail(
        index: thumbnail.index, time: thumbnail.time?.doubleValue, file: file, width: thumbnail.frame.width,
        height: thumbnail.frame.height, reason: thumbnail.reason))
  }

  mutating func place(_ places: [SpriteSheet.Place], pages: [String], vtt: String) {
    for (number, place) in places.enumerated() where thumbnails.indices.contains(number) {
      thumbnails[number].sprite = pages.indices.contains(place.page) ? pages[place.page] : nil
      thumbnails[number].x = place.x
      thumbnails[number].y = place.y
    }
    sprites = pages
    self.vtt = vtt
  }

  /// For people.
  var lines: [String] {
    let size = thumbnails.first.map { ", \($0.width)×\($0.height)" } ?? ""
    let pages = sprites.isEmpty ? "" : " on \(counted(sprites.count, "page")), \(vtt ?? "")"
    var lines = ["\(file): \(thumbnails.count) of \(counted(frames, "frame"))\(size)\(pages)"]
    for thumbnail in thumbnails {
      guard let reason = thumbnail.reason else { continue }
      lines.append("  \(thumbnail.file ?? "#\(thumbnail.index)"): \(reason)")
    }
    return lines
  }
}
