import Foundation
import Libav
import Stills
import Support
import Synchronization
import Testing
import Timing

@Suite(.media) struct ThumbnailsTests {
  private static let frame = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=3"]

  private func clip(_ folder: ScratchFolder, _ name: String = "clip.mp4", _ options: String...) throws -> String {
    try MediaTool.ffmpeg(
      Self.frame + ["-c:v", "libx264", "-g", "20", "-bf", "3"] + options + [name], in: folder.url)
    return folder.path(name)
  }

  private func all(_ thumbnails: Thumbnails, width: Int = 160) throws -> [Thumbnail] {
    var made: [Thumbnail] = []
    try thumbnails.forEach(width: width) { made.append($0) }
    return made
  }

  /// Against `ffmpeg`, which decodes everything and selects by number; ours seeks and skips.
  @Test(arguments: ["clip.mp4", "clip.mkv", "clip.ts", "raw.h264"])
  func evenlySpreadFramesAreTheExactOnes(_ name: String) throws {
    let folder = try ScratchFolder()
    let path = try clip(folder, name)
    let made = try all(Thumbnails(of: path, choose: .count(5)))
    #expect(made.map(\.index) == [0, 18, 37, 55, 74])
    for thumbnail in made where [18, 74].contains(thumbnail.index) {
      func distance(_ index: Int) throws -> Double {
        _ = try folder.make(
          "reference.png", "-i", name, "-vf",
          "select=eq(n\\,\(index)),scale=in_color_matrix=bt601:flags=accurate_rnd+full_chroma_int+bicubic,format=gbrp,"
            + "scale=160:90:flags=area", "-fps_mode", "passthrough", "-frames:v", "1", "-pix_fmt", "rgb24")
        let reference = try Pixel.rgb(folder.path("reference.png"))
        #expect(thumbnail.frame.rgb.count == reference.count)
        let sum = zip(thumbnail.frame.rgb, reference).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        return Double(sum) / Double(reference.count)
      }
      let own = try distance(thumbnail.index)
      #expect(own < 3, "frame #\(thumbnail.index) of \(name)")
      let other = try distance(thumbnail.index - 1)
      #expect(own < 0.6 * other, "frame #\(thumbnail.index) of \(name): \(own), its neighbour \(other)")
    }
  }

  @Test func intervalTakesTheFrameOnDisplay() throws {
    let folder = try ScratchFolder()
    let made = try all(Thumbnails(of: try clip(folder), choose: .interval(Rational(7, 10))))
    #expect(made.map(\.index) == [0, 17, 35, 52, 70])
    #expect(made.first?.time == .zero)
    #expect(throws: LibavError.self) {
      _ = try Thumbnails(of: folder.path("clip.mp4"), choose: .interval(Rational(1, 1_000_000)))
    }
  }

  @Test func takesKeyframesOnlyOnRequest() throws {
    let folder = try ScratchFolder()
    let path = try clip(folder, "clip.mp4", "-x264-params", "scenecut=0")
    let made = try all(Thumbnails(of: path, choose: .count(6), keyframesOnly: true))
    #expect(made.map(\.index) == [0, 20, 40, 60])
  }

  @Test func takesOneFrameOfEveryScene() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "cuts.mp4", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=10:duration=2", "-f", "lavfi", "-i",
      "mandelbrot=size=160x90:rate=10", "-f", "lavfi", "-i", "rgbtestsrc=size=160x90:rate=10:duration=3",
      "-filter_complex", "[1]trim=duration=1[b];[0][b][2]concat=n=3:v=1", "-c:v", "libx264", "-pix_fmt", "yuv420p")
    let made = try all(Thumbnails(of: path, choose: .scenes))
    #expect(made.map(\.index) == [9, 24, 44])
    #expect(made.allSatisfy { $0.reason?.contains("scene") == true })
  }

  @Test func coversAreNeitherBlackNorBlurred() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "video.mp4", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10:duration=6", "-vf",
      "gblur=sigma=12:enable='lt(t,4)',drawbox=c=black:t=fill:enable='lt(t,1)'", "-c:v", "libx264")
    let made = try all(Thumbnails(of: path, choose: .best(2)))
    #expect(made.count == 2)
    #expect(made.allSatisfy { $0.index >= 40 && $0.reason != nil })
  }

  /// Undecodable frames are left out.
  @Test(.enabled(if: RealClips.areThere), arguments: RealClips.paths)
  func realClipsGiveTheirDecodableFrames(_ path: String) throws {
    guard (try? FullDecode(path)) != nil else {
      #expect(throws: LibavError.self) { _ = try all(Thumbnails(of: path, choose: .count(4))) }
      return
    }
    let thumbnails = try Thumbnails(of: path, choose: .count(4))
    let made = try all(thumbnails, width: 64)
    #expect(!made.isEmpty && made.count >= thumbnails.count - 1)
    #expect(try !all(Thumbnails(of: path, choose: .count(3), keyframesOnly: true), width: 64).isEmpty)
  }

  @Test func spritesAreWhereTheCuesPlaceThem() throws {
    let folder = try ScratchFolder()
    let thumbnails = try Thumbnails(of: try clip(folder), choose: .count(13))
    let pages = Mutex<[SmallFrame]>([])
    var sheet = SpriteSheet { _, page in pages.withLock { $0.append(page) } }
    let made = try all(thumbnails, width: 48)
    for thumbnail in made { try sheet.add(thumbnail) }
    try sheet.finish()
    let page = try #require(pages.withLock { $0 }.first)
    #expect((page.width, page.height) == (480, 54))
    for (place, thumbnail) in zip(sheet.places, made) {
      let middle = 3 * ((place.y + place.height / 2) * page.width + place.x + place.width / 2)
      let own = 3 * (place.height / 2 * place.width + place.width / 2)
      #expect(Array(page.rgb[middle..<middle + 3]) == Array(thumbnail.frame.rgb[own..<own + 3]))
    }
    let text = sheet.webVTT(end: Rational(3), names: ["a clip's sprite.jpg"])
    #expect(text.hasPrefix("WEBVTT\n\n00:00:00.000 --> 00:00:00.240\na%20clip%27s%20sprite.jpg#xywh=0,0,48,27\n"))
    #expect(text.hasSuffix("00:00:02.960 --> 00:00:03.000\na%20clip%27s%20sprite.jpg#xywh=96,27,48,27\n"))
  }
}

@Suite(.media) struct ContactSheetTests {
  /// Every cell shows its own file's colour.
  @Test func eachFileHasItsOwnRow() throws {
    let folder = try ScratchFolder()
    let colors = [("red", 0), ("lime", 1), ("blue", 2)]
    for (color, _) in colors {
      _ = try folder.make(
        "\(color).mp4", "-f", "lavfi", "-i", "color=c=\(color):size=128x72:rate=10:duration=1", "-c:v", "libx264")
    }
    var layout = ContactSheet.Layout()
    layout.columns = 3
    layout.cellWidth = 128
    let sheet = try ContactSheet(
      colors.map { ContactSheet.Entry(path: folder.path("\($0.0).mp4"), label: $0.0, verdict: "pass") },
      layout: layout)
    #expect(sheet.note == nil)
    #expect(sheet.frames == [[0, 4, 9], [0, 4, 9], [0, 4, 9]])
    let page = sheet.page
    #expect(page.width == 3 * 128 + 4 * 8)
    for (row, (_, channel)) in colors.enumerated() {
      for column in 0..<3 {
        let (x, y) = (8 + column * 136 + 100, 8 + row * (12 + 16 + 72 + 8) + 28 + 10)
        let pixel = page.rgb[3 * (y * page.width + x)..<3 * (y * page.width + x) + 3]
        #expect(pixel.max() == pixel[pixel.startIndex + channel], "row \(row), column \(column): \(Array(pixel))")
      }
    }
  }

  /// Label text passes two of libav's parsers and must come out unchanged, or at least do no harm.
  @Test(arguments: ["a:b'c\\d", "x,[in];%{pts}=1", "Ä 'ö\" ✓", "\u{1B}[31m\n\t", "", "'", "\\", "😀 日本"])
  func drawsLabelsOfAnyText(_ label: String) throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "color=c=gray:size=64x36:rate=5:duration=1", "-c:v", "libx264")
    var layout = ContactSheet.Layout()
    layout.columns = 2
    layout.cellWidth = 200
    layout.showsTimecodes = false
    let plain = try ContactSheet([ContactSheet.Entry(path: path, label: "")], layout: layout)
    let sheet = try ContactSheet([ContactSheet.Entry(path: path, label: label)], layout: layout)
    #expect(sheet.note == nil)
    #expect((sheet.page.rgb != plain.page.rgb) == !label.isEmpty)
  }

  @Test func drawsEveryCharacterOfALabel() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "color=c=gray:size=64x36:rate=5:duration=1", "-c:v", "libx264")
    func width(_ label: String) throws -> Int {
      var layout = ContactSheet.Layout()
      layout.columns = 1
      layout.cellWidth = 400
      layout.showsTimecodes = false
      let page = try ContactSheet([ContactSheet.Entry(path: path, label: label)], layout: layout).page
      return (0..<page.width).last { x in (0..<30).contains { y in page.rgb[3 * (y * page.width + x)] > 100 } } ?? 0
    }
    let expected = try width("MMMMMMMMMMMM")
    for special in [":", "'", "\\", "%", ",", ";", "[", "]", "=", "{", "\""] {
      #expect(abs(try width("MMMM\(special)\(special)\(special)MMMMM") - expected) <= 2, "\(special)")
    }
  }

  /// One file: each equal part gives one frame, a keyframe if it has one, and no two adjacent frames.
  @Test func sheetOfOneFileTakesTheCheapestFrameOfEachPart() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "testsrc2=size=128x72:rate=10:duration=12", "-c:v", "libx264", "-bf", "3", "-g",
      "40", "-x264-params", "scenecut=0")
    var layout = ContactSheet.Layout()
    layout.columns = 4
    layout.rows = 2
    layout.cellWidth = 64
    let shown = try #require(try ContactSheet([ContactSheet.Entry(path: path)], layout: layout).frames.first)
    #expect(shown.count == 8)
    for (part, frame) in shown.enumerated() { #expect((part * 15..<(part + 1) * 15).contains(frame)) }
    #expect(Set([0, 40, 80]).isSubset(of: shown))
    #expect(zip(shown, shown.dropFirst()).allSatisfy { $1 - $0 >= 7 })
  }

  @Test func rejectsAPageBeyondTheSizeLimit() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "color=size=64x64:rate=5:duration=1", "-c:v", "libx264")
    var layout = ContactSheet.Layout()
    layout.columns = 40
    layout.cellWidth = 2000
    #expect(throws: LibavError.self) { _ = try ContactSheet([ContactSheet.Entry(path: path)], layout: layout) }
  }
}
