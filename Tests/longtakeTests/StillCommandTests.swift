import Foundation
import Support
import Testing

/// `frame`, `thumbnails` and `sheet` as a user runs them.
@Suite struct StillCommandTests {
  private func clip(_ folder: ScratchFolder, _ name: String, _ source: String = "testsrc2") throws -> String {
    let path = folder.path(name)
    try FileManager.default.createDirectory(
      at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
    try MediaTool.ffmpeg(
      ["-f", "lavfi", "-i", "\(source)=size=320x180:rate=10:duration=2", "-c:v", "libx264", "-g", "5", path],
      in: folder.url)
    return path
  }

  private func object(_ text: some StringProtocol) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test(arguments: [["--index", "-1"], ["--index=-1"], ["--last"], ["--at", "00:00:01:09"], ["--at", "#19"]])
  func writesTheLastFrameByAnyOfItsNames(_ names: [String]) async throws {
    let folder = try ScratchFolder()
    let path = try clip(folder, "clip.mp4")
    let result = try await LongtakeProgram.run(["frame", path, "-o", folder.path("last.png"), "--json"] + names)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try object(result.output)["index"] as? Int == 19)
  }

  @Test func namesAFrameOutOfRange() async throws {
    let folder = try ScratchFolder()
    let path = try clip(folder, "clip.mp4")
    for (index, text) in [("20", "#0 to #19"), ("-21", "#0 to #19")] {
      let result = try await LongtakeProgram.run(["frame", path, "--index", index, "-o", folder.path("no.png")])
      #expect(result.status == 65)
      #expect(result.errors.contains(text), "\(result.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path("no.png")))
  }

  @Test func namesOutputsOfSeveralFilesUniquely() async throws {
    let folder = try ScratchFolder()
    let paths = try ["a/clip.mp4", "b/clip.mp4", "b/clip-2.mp4"].map { try clip(folder, $0) }
    let output = folder.path("stills")
    let result = try await LongtakeProgram.run(["frame", "--last", "--jobs", "2", "-o", output] + paths)
    #expect(result.status == 0, "\(result.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: output).sorted()
    #expect(names == ["clip-2.png", "clip-3.png", "clip.png"])
    let again = try await LongtakeProgram.run(["frame", "--last", "--jobs", "2", "-o", output] + paths)
    #expect(again.status == 73)
    #expect(try FileManager.default.contentsOfDirectory(atPath: output).count == 3)
  }

  @Test func continuesAfterABadFile() async throws {
    let folder = try ScratchFolder()
    let path = try clip(folder, "clip.mp4")
    let junk = try folder.write("junk.mp4", "no media")
    let result = try await LongtakeProgram.run(
      ["thumbnails", junk, path, "--count", "3", "--jobs", "2", "-o", folder.path("t"), "--json"])
    #expect(result.status == 65)
    #expect(result.errors.contains("junk.mp4"))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path("t")).sorted()
        == ["clip-0001.jpg", "clip-0002.jpg", "clip-0003.jpg"])
  }

  @Test func drawsTheVerdictsOfAReport() async throws {
    let folder = try ScratchFolder()
    let paths = try ["one.mp4", "two.mp4"].map { try clip(folder, $0) }
    let report = try folder.write(
      "report.json",
      #"{"shots": [{"id": "quay", "takes": [{"verification": {"file": "clips/one.mp4", "verdict": "pass"}}]}]}"#)
    let result = try await LongtakeProgram.run(
      ["sheet", "--json", "--badges", report, "-o", folder.path("sheet.png"), "--columns", "3", "--width", "500"]
        + paths)
    #expect(result.status == 0, "\(result.errors)")
    let files = try #require(try object(result.output)["files"] as? [[String: Any]])
    #expect(files.map { $0["verdict"] as? String } == ["pass", nil])
    #expect(files.map { $0["label"] as? String } == ["quay", "two.mp4"])
    #expect(files.first?["frames"] as? [Int] == [0, 9, 19])
    #expect(result.errors.contains("two.mp4"))
    let size = try MediaTool.ffprobe(folder.path("sheet.png"))?["streams"] as? [[String: Any]]
    #expect(size?.first?["width"] as? Int == 3 * 156 + 32)
    let wrong = try await LongtakeProgram.run(
      ["sheet", "--badges", paths[0], "-o", folder.path("no.png"), paths[0]])
    #expect(wrong.status == 65)
  }

  /// They are not deleted, but must not be taken for this run's.
  @Test func warnsAboutThumbnailsOfAnEarlierRun() async throws {
    let folder = try ScratchFolder()
    let path = try clip(folder, "clip.mp4")
    for (count, warns) in [("6", false), ("3", true)] {
      let result = try await LongtakeProgram.run(
        ["thumbnails", path, "--count", count, "--overwrite", "-o", folder.path("t"), "--json"])
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.errors.contains("3 older images") == warns)
      #expect((try object(result.output)["note"] as? String)?.contains("numbered from 4") == (warns ? true : nil))
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("t")).count == 6)
  }

  private static let page = """
    <!doctype html><title>sprites</title><pre id="out">waiting</pre>
    <video><track default kind="metadata" src="a%20clip.vtt"></video>
    <script>
    const track = document.querySelector("track");
    track.track.mode = "hidden";
    track.onerror = () => { document.querySelector("#out").textContent = "refused"; };
    track.onload = async () => {
      const cues = [];
      for (const cue of track.track.cues) {
        const [link, area] = cue.text.split("#xywh=");
        const image = new Image();
        const loaded = new Promise(done => { image.onload = () => done(true); image.onerror = () => done(false); });
        image.src = link;
        const [x, y, w, h] = area.split(",").map(Number);
        const good = await loaded && x + w <= image.naturalWidth && y + h <= image.naturalHeight;
        cues.push(cue.startTime + "-" + cue.endTime + ":" + good);
      }
      document.querySelector("#out").textContent = "cues " + cues.join(" ");
    };
    </script>
    """

  private static let chromium = ["/usr/bin/chromium", "/usr/bin/google-chrome"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  @Test(.enabled(if: chromium != nil)) func spritesLoadInABrowser() async throws {
    let folder = try ScratchFolder()
    let path = try clip(folder, "a clip.mp4")
    let made = try await LongtakeProgram.run(
      ["thumbnails", path, "--sprite", "--interval", "0.5", "--width", "64", "-o", folder.path])
    #expect(made.status == 0, "\(made.errors)")
    let page = try folder.write("page.html", Self.page)
    let result = try await OutsideProgram.run(
      Self.chromium ?? "chromium",
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
        "--user-data-dir=\(folder.path("profile"))", "--virtual-time-budget=20000", "--dump-dom",
        URL(filePath: page).absoluteString,
      ])
    #expect(
      result.text.contains("cues 0-0.5:true 0.5-1:true 1-1.5:true 1.5-2:true"),
      "\(result.text)\(result.errors.suffix(500))")
  }
}
