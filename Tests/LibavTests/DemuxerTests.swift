import Foundation
import Libav
import Support
import Testing

@Suite struct DemuxerTests {
  @Test func namesAMissingFile() throws {
    let error = #expect(throws: LibavError.self) { _ = try Demuxer(path: "/nowhere/clip.mp4") }
    #expect(error?.code == .fileNotFound)
    #expect(error?.description.contains("/nowhere/clip.mp4") == true)
  }

  @Test func rejectsTextNamedAsVideo() throws {
    let folder = try ScratchFolder()
    let path = try folder.write("clip.mp4", "this is not a video, whatever its name")
    let error = #expect(throws: LibavError.self) { _ = try Demuxer(path: path) }
    #expect(error?.code == .invalidData)
    #expect(error?.file == path)
  }

  /// A playlist named .mp4 must not make the program read another file or the network.
  @Test(arguments: [
    "ffconcat version 1.0\nfile 'secret.mp4'\n",
    "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nsecret.mp4\n#EXT-X-ENDLIST\n",
  ])
  func rejectsPlaylists(text: String) throws {
    let folder = try ScratchFolder()
    _ = try folder.make("secret.mp4", "-f", "lavfi", "-i", "testsrc=size=64x64:rate=10:duration=1", "-c:v", "libx264")
    let path = try folder.write("clip.mp4", text)
    #expect(throws: LibavError.self) { _ = try Demuxer(path: path) }
  }

  /// Opening a pipe could block for ever.
  @Test func rejectsPipesAndFolders() throws {
    let folder = try ScratchFolder()
    let pipe = folder.path("pipe.mp4")
    #expect(mkfifo(pipe, 0o600) == 0)
    for path in [pipe, folder.path, "/dev/null"] {
      let error = #expect(throws: LibavError.self) { _ = try Demuxer(path: path) }
      #expect(error?.code == .notAFile)
    }
  }

  @Test func reportsImpossiblePathsAsNotFound() throws {
    let folder = try ScratchFolder()
    let file = try folder.write("a.mp4", "text")
    for path in [file + "/x", folder.path(String(repeating: "n", count: 300))] {
      let error = #expect(throws: LibavError.self) { _ = try Demuxer(path: path) }
      #expect(error?.code == .fileNotFound)
    }
  }

  @Test func opensFilesNamedLikeAddresses() throws {
    let folder = try ScratchFolder()
    let plain = try folder.make(
      "a.mp4", "-f", "lavfi", "-i", "testsrc=size=64x64:rate=10:duration=1", "-c:v", "libx264")
    let path = folder.path("concat:a.mp4")
    try FileManager.default.moveItem(atPath: plain, toPath: path)
    #expect(try Demuxer(path: path).mainVideo?.video?.width == 64)
  }
}
