import Stills
import Timing

/// `thumbnails --json`: one object for each video.
struct ThumbnailFacts: Encodable {
  struct ListedFrame: Encodable {
    let index: Int
    let time: Double?
    let file: String?
    var sprite: String?
    var x: Int?
    var y: Int?
    let width: Int
    let height: Int
    let reason: String?

    private enum CodingKeys: String, CodingKey { case index, time, file, sprite, x, y, width, height, reason }

    func encode(to encoder: any Swift.Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(index, forKey: .index)
      try container.encode(time, forKey: .time)
      try container.encode(file, forKey: .file)
      try container.encode(sprite, forKey: .sprite)
      try container.encode(x, forKey: .x)
      try container.encode(y, forKey: .y)
      try container.encode(width, forKey: .width)
      try container.encode(height, forKey: .height)
      try container.encode(reason, forKey: .reason)
    }
  }

  let schema = "longtake.thumbnails/1"
  let file: String
  let frames: Int
  let duration: Double?
  private(set) var thumbnails: [ListedFrame] = []
  private(set) var sprites: [String] = []
  private(set) var vtt: String?
  var note: String?

  private enum CodingKeys: String, CodingKey {
    case schema, file, frames, duration, thumbnails, sprites, vtt, note
  }

  init(file: String, frames: Int, duration: Double?) {
    self.file = file
    self.frames = frames
    self.duration = duration
  }

  mutating func add(_ thumbnail: Thumbnail, file: String?) {
    thumbnails.append(
      ListedFrame(
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

  func encode(to encoder: any Swift.Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(schema, forKey: .schema)
    try container.encode(file, forKey: .file)
    try container.encode(frames, forKey: .frames)
    try container.encode(duration, forKey: .duration)
    try container.encode(thumbnails, forKey: .thumbnails)
    try container.encode(sprites, forKey: .sprites)
    try container.encode(vtt, forKey: .vtt)
    try container.encode(note, forKey: .note)
  }

  /// For people.
  var lines: [String] {
    let size = thumbnails.first.map { ", \($0.width)×\($0.height)" } ?? ""
    let pages = sprites.isEmpty ? "" : " on \(sprites.count) \(sprites.count == 1 ? "page" : "pages"), \(vtt ?? "")"
    var lines = ["\(file): \(thumbnails.count) of \(frames) frames\(size)\(pages)"]
    for frame in thumbnails {
      guard let reason = frame.reason else { continue }
      lines.append("  \(frame.file ?? "#\(frame.index)"): \(reason)")
    }
    return lines
  }
}
