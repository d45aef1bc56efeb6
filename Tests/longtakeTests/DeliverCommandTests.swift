import Foundation
import Support
import Testing

/// `deliver` as a user runs it.
@Suite(.media) struct DeliverCommandTests {
  private func master() throws -> ScratchFolder {
    let folder = try ScratchFolder()
    _ = try folder.make(
      "film.mp4", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=1", "-f", "lavfi", "-i",
      "sine=frequency=300:sample_rate=48000:duration=1", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-metadata",
      "title=Tide & Time", "-metadata", "longtake.model=m", "-movflags", "use_metadata_tags", "-c:a", "aac", "-ac", "2")
    return folder
  }

  @Test func writesFilesSumsAndManifest() async throws {
    let folder = try master()
    let result = try await LongtakeProgram.run([
      "deliver", folder.path("film.mp4"), "--preset", "proxy-1080p", "audio-stems", "-o", folder.path("out"),
      "--language", "eng",
    ])
    #expect(result.status == 0, "\(result.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).sorted()
    #expect(
      names == [
        "SHA256SUMS", "Tide-Time_audio-stems_eng_1.wav", "Tide-Time_proxy-1080p_eng.mp4", "manifest.json",
        "qc.html",
      ])
    let sums = try MediaTool.run("sha256sum", ["-c", "SHA256SUMS"], in: URL(filePath: folder.path("out")))
    #expect(sums.status == 0, "\(sums.errors)")
    let data = try Data(contentsOf: URL(filePath: folder.path("out/manifest.json")))
    let manifest = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let masters = try #require(manifest["masters"] as? [[String: Any]])
    #expect((masters.first?["provenance"] as? [String: String])?["longtake.model"] == "m")
    // A second delivery adds to the first.
    let more = try await LongtakeProgram.run([
      "deliver", folder.path("film.mp4"), "--preset", "gif-preview", "-o", folder.path("out"),
    ])
    #expect(more.status == 0, "\(more.errors)")
    let text = try String(contentsOfFile: folder.path("out/SHA256SUMS"), encoding: .utf8)
    #expect(text.split(separator: "\n").count == 3)
    // The report has the checks of both deliveries.
    let page = try String(contentsOfFile: folder.path("out/qc.html"), encoding: .utf8)
    for name in ["Tide-Time_audio-stems_eng_1.wav", "Tide-Time_proxy-1080p_eng.mp4", "Tide-Time_gif-preview.gif"] {
      #expect(page.contains("<bdi>\(name)</bdi>"))
    }
    #expect(page.matches(of: /<td><code>container\.opens<\/code><\/td>/).count == 3)
  }

  @Test func aReportOfSomebodyElseIsKept() async throws {
    let folder = try master()
    try folder.write("out/qc.html", "<!doctype html>mine")
    let arguments = ["deliver", folder.path("film.mp4"), "--preset", "audio-stems", "-o", folder.path("out")]
    let refused = try await LongtakeProgram.run(arguments)
    #expect(refused.status == 73 && refused.errors.contains("qc.html"), "\(refused.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("out")) == ["qc.html"])
    #expect(try await LongtakeProgram.run(arguments + ["--overwrite"]).status == 0)
    #expect(try String(contentsOfFile: folder.path("out/qc.html"), encoding: .utf8) != "<!doctype html>mine")
  }

  @Test(arguments: [
    (64, ["--preset", "proxy-1080p", "--name", "{who}"], "field"), (66, ["--preset", "proxy"], "proxy-1080p"),
    (64, ["--preset", "ads-xr-na"], "--ad-id"), (65, ["--preset", "h264-uhd-web"], "video.size"),
    (64, ["--preset", "proxy-1080p", "--language", "english"], "ISO 639-2"),
    (64, ["--preset", "proxy-1080p", "--center", "2,1"], "--center"),
  ])
  func saysWhatIsWrongBeforeTheWork(status: Int32, arguments: [String], text: String) async throws {
    let folder = try master()
    let result = try await LongtakeProgram.run(
      ["deliver", folder.path("film.mp4"), "-o", folder.path("out")] + arguments)
    #expect(result.status == status, "\(result.errors)")
    #expect(result.errors.contains(text), "\(result.errors)")
    let left = (try? FileManager.default.contentsOfDirectory(atPath: folder.path("out"))) ?? []
    #expect(left == [])
  }

  @Test func keepsExistingFilesAndTheMaster() async throws {
    let folder = try master()
    try folder.write("out/Tide-Time_proxy-1080p.mp4", "mine")
    let arguments = ["deliver", folder.path("film.mp4"), "--preset", "proxy-1080p", "-o"]
    let existing = try await LongtakeProgram.run(arguments + [folder.path("out")])
    #expect(existing.status == 73, "\(existing.errors)")
    #expect(try String(contentsOfFile: folder.path("out/Tide-Time_proxy-1080p.mp4"), encoding: .utf8) == "mine")
    let own = try await LongtakeProgram.run(arguments + [folder.path(""), "--name", "film", "--overwrite"])
    #expect(own.status == 64, "\(own.errors)")
  }
}
