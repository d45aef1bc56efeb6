import Foundation
import Probing
import Support
import Testing

@Suite struct ContainerLayoutTests {
  /// A fragmented file of twelve thousand fragments is 24,000 boxes long.
  private func fragmented(_ folder: ScratchFolder) throws -> Data {
    var bytes = BoxEditor.box("ftyp", Array("isom".utf8)) + BoxEditor.box("moov", [])
    let fragment = BoxEditor.box("moof", [UInt8](repeating: 0, count: 8)) + BoxEditor.box("mdat", [1, 2, 3, 4])
    for _ in 0..<12_000 { bytes += fragment }
    return Data(bytes)
  }

  @Test func aLongFragmentedFileHasNoTrailingData() throws {
    let folder = try ScratchFolder()
    let path = try folder.write("whole.mp4", try fragmented(folder))
    let layout = try #require(ContainerLayout(path: path))
    #expect(layout.trailingBytes == 0 && layout.truncatedBox == nil && layout.isFragmented)
    #expect(layout.isFastStart == true)
  }

  @Test func aLongFragmentedFileThatIsCutIsTruncated() throws {
    let folder = try ScratchFolder()
    let path = try folder.write("cut.mp4", try fragmented(folder).dropLast(2))
    let layout = try #require(ContainerLayout(path: path))
    #expect(layout.truncatedBox?.type == "mdat")
    #expect(layout.truncatedBox?.claimed == 12 && layout.truncatedBox?.present == 10)
    #expect(layout.trailingBytes == 0)
  }

  @Test func foreignBytesAfterTheLastBoxAreTrailingData() throws {
    let folder = try ScratchFolder()
    let path = try folder.write("tail.mp4", try fragmented(folder) + Data([1, 2, 3, 4, 5]))
    #expect(try #require(ContainerLayout(path: path)).trailingBytes == 5)
  }

  @Test func theIndexAfterTheMediaIsNotFastStart() throws {
    let folder = try ScratchFolder()
    let bytes = BoxEditor.box("ftyp", []) + BoxEditor.box("mdat", [1]) + BoxEditor.box("moov", [])
    let layout = try #require(ContainerLayout(path: try folder.write("a.mp4", Data(bytes))))
    #expect(layout.isFastStart == false && !layout.isFragmented)
  }

  @Test func otherFilesHaveNoLayout() throws {
    let folder = try ScratchFolder()
    for text in ["", "text", "a longer text that is not a box"] {
      #expect(ContainerLayout(path: try folder.write("a.mp4", text)) == nil)
    }
    #expect(ContainerLayout(path: folder.path("nothing.mp4")) == nil)
  }
}
