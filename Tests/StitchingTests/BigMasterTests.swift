import Foundation
import Stitching
import Support
import Testing

/// Masters so large that their header is written in front without moving the data.
@Suite(.media) struct BigMasterTests {
  @Test func headerOfABigMasterIsInFront() throws {
    let folder = try ScratchFolder()
    let noise = "testsrc2=size=1280x720:rate=24,noise=alls=80:allf=t,format=yuv420p"
    try MediaTool.ffmpeg(
      [
        "-f", "lavfi", "-i", noise, "-f", "lavfi", "-i", "sine=sample_rate=48000", "-frames:v", "14", "-t", "0.5834",
        "-c:v", "libx264", "-preset", "ultrafast", "-qp", "8", "-c:a", "aac", "a.mp4",
      ], in: folder.url)
    let shot = folder.path("a.mp4")
    let output = folder.path("master.mp4")
    let title = String(repeating: "A long title. ", count: 18)
    var options = StitchOptions()
    options.overlap = .keep
    options.check = .joins
    options.metadata = ["title": title, "of_my_own": String(repeating: "x", count: 100_000)]
    options.writesChapters = true
    let shots = (0..<3).map { _ in StitchShot(path: shot) }
    let plan = try StitchPlan(shots, options: options)
    let report = try Stitcher(plan, options: options).write(to: output)
    #expect(report.shots.allSatisfy { $0.mode == "copy" })
    let boxes = try Self.boxes(of: output)
    #expect(boxes.map(\.name).first == "ftyp" && boxes.map(\.name).dropFirst().first == "moov", "\(boxes)")
    // Only the XMP packet comes after the media.
    let media = boxes.last { $0.name != "uuid" }
    #expect(media?.name == "mdat" && (media?.size ?? 0) > 16 << 20, "\(boxes)")
    let empty = boxes.filter { $0.name == "free" }.reduce(0) { $0 + $1.size }
    #expect(empty > 0 && empty < 1 << 20)
    let master = try MasterReference(output)
    #expect(master.complaints.isEmpty, "\(master.complaints)")
    let frames = try MasterReference.frames(of: shot)
    #expect(master.digests == frames + frames + frames)
    #expect(master.deltas.count == 1 && master.videoStart == 0)
  }

  /// The boxes of a file's top level, from their own sizes.
  private static func boxes(of path: String) throws -> [(name: String, size: Int)] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    func number(_ start: Int, _ count: Int) -> Int { data[start..<start + count].reduce(0) { $0 << 8 | Int($1) } }
    var boxes: [(name: String, size: Int)] = []
    var position = 0
    while position + 16 <= data.count {
      let short = number(position, 4)
      let size = short == 1 ? number(position + 8, 8) : short
      guard size >= 8 else { break }
      boxes.append((String(decoding: data[position + 4..<position + 8], as: UTF8.self), size))
      position += size
    }
    return boxes
  }
}
