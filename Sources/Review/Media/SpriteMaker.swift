import Color
import Libav
import Stills

/// Puts the timeline's thumbnails on one image.
enum SpriteMaker {
  private static let quality = 80

  /// Nil without thumbnails.
  static func sprite(
    _ thumbnails: [(frame: Int, image: SmallFrame)], plan: StillPlan, assets: PageAssets
  ) throws -> ReviewReport.Sprite? {
    guard let first = thumbnails.first?.image else { return nil }
    let columns = min(StillPlan.spriteColumns, thumbnails.count)
    let rows = (thumbnails.count + columns - 1) / columns
    let (width, height) = (first.width, first.height)
    var bytes = [UInt8](repeating: 0, count: columns * width * rows * height * 3)
    for (number, thumbnail) in thumbnails.enumerated() where thumbnail.image.height == height {
      let (row, column) = number.quotientAndRemainder(dividingBy: columns)
      let source = thumbnail.image.rgb
      for line in 0..<height {
        let target = ((row * height + line) * columns + column) * width * 3
        bytes.replaceSubrange(target..<target + width * 3, with: source[line * width * 3..<(line + 1) * width * 3])
      }
    }
    let page = SmallFrame(RGBImage(width: columns * width, height: rows * height, bytes: bytes))
    let still = try page.encoded(as: .jpeg, quality: quality)
    return ReviewReport.Sprite(
      file: try assets.add("stills/sprite.jpg", still.mediaType, still.bytes), columns: columns, width: width,
      height: height, frames: thumbnails.map(\.frame))
  }
}
