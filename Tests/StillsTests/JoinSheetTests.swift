import Foundation
import Libav
import Stills
import Support
import Testing

/// The sheet of a master's joins against frames that ffmpeg scales.
@Suite(.media) struct JoinSheetTests {
  private static let (cell, cellHeight, gap, top) = (80, 45, 8, 36)
  /// Rows of a cell above its label.
  private static let plainRows = 24

  private let folder: ScratchFolder
  private let video: String

  init() throws {
    folder = try ScratchFolder()
    video = folder.path("v.mp4")
    try MediaTool.ffmpeg(
      [
        "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=1", "-c:v", "libx264", "-preset", "ultrafast",
        "-pix_fmt", "yuv420p", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
        "-color_range", "tv", "v.mp4",
      ], in: folder.url)
  }

  private func frames(from first: Int, count: Int) throws -> [[UInt8]] {
    let filter =
      "select=gte(n\\,\(first)),scale=flags=accurate_rnd+full_chroma_int+full_chroma_inp,format=gbrp,"
      + "scale=\(Self.cell):\(Self.cellHeight):flags=area,format=rgb24"
    let result = try MediaTool.run(
      "ffmpeg", ["-v", "error", "-i", video, "-vf", filter, "-frames:v", "\(count)", "-f", "rawvideo", "-"])
    let size = Self.cell * Self.cellHeight * 3
    let bytes = [UInt8](result.output)
    try #require(bytes.count == size * count)
    return (0..<count).map { Array(bytes[$0 * size..<($0 + 1) * size]) }
  }

  /// The mean difference of a cell's upper rows from a frame, in code values.
  private func distance(_ page: SmallFrame, row: Int, column: Int, from frame: [UInt8]) -> Double {
    let rowHeight = Self.top - Self.gap + Self.cellHeight + Self.gap
    var sum = 0.0
    for y in 0..<Self.plainRows {
      let start = (Self.top + row * rowHeight + y) * page.width + Self.gap + column * (Self.cell + Self.gap)
      for index in 0..<Self.cell * 3 {
        sum += abs(Double(page.rgb[start * 3 + index]) - Double(frame[y * Self.cell * 3 + index]))
      }
    }
    return sum / Double(Self.plainRows * Self.cell * 3)
  }

  @Test func showsTheFramesThatMeetAndTheirDifference() throws {
    let joins = [10, 20].map { JoinSheet.Join(frame: $0, label: "a → b") }
    let sheet = try JoinSheet(of: video, joins: joins, width: 6 * Self.cell + 7 * Self.gap)
    #expect(sheet.frames == [Array(7..<12), Array(17..<22)])
    for (row, join) in joins.enumerated() {
      let wanted = try frames(from: join.frame - 3, count: 5)
      for (column, frame) in wanted.enumerated() {
        #expect(distance(sheet.page, row: row, column: column, from: frame) < 3, "row \(row), column \(column)")
      }
      let difference = zip(wanted[2], wanted[3]).map { UInt8(clamping: abs(Int($0) - Int($1)) * JoinSheet.gain) }
      #expect(distance(sheet.page, row: row, column: 5, from: difference) < 8, "row \(row)")
      #expect(distance(sheet.page, row: row, column: 5, from: wanted[3]) > 30)
    }
  }

  @Test(arguments: [[], [0], [24, 100]])
  func withoutJoinsSaysWhatToGive(frames: [Int]) throws {
    let error = #expect(throws: LibavError.self) {
      try JoinSheet(of: video, joins: frames.map { JoinSheet.Join(frame: $0, label: "") }, width: 600)
    }
    #expect(error?.description.contains("--report") == true)
  }
}
