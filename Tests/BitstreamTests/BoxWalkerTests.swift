import Bitstream
import Testing

@Suite struct BoxWalkerTests {
  private func boxes(_ bytes: [UInt8], _ range: Range<Int64>? = nil) -> (boxes: [Box], position: Int64) {
    var walker = BoxWalker(range ?? 0..<Int64(bytes.count)) { offset, count in
      bytes.dropFirst(Int(offset)).prefix(count)
    }
    var found: [Box] = []
    while let box = walker.next() { found.append(box) }
    return (found, walker.position)
  }

  private func number(_ value: Int, _ length: Int) -> [UInt8] {
    (0..<length).map { UInt8(truncatingIfNeeded: value >> (8 * (length - 1 - $0))) }
  }

  private func box(_ type: String, _ body: [UInt8] = []) -> [UInt8] {
    number(body.count + 8, 4) + Array(type.utf8) + body
  }

  @Test func boxesFollowEachOther() {
    let (found, end) = boxes(box("ftyp", [1, 2, 3]) + box("free") + box("mdat", [9]))
    #expect(found.map(\.type) == ["ftyp", "free", "mdat"])
    #expect(found.map(\.offset) == [0, 11, 19] && found.map(\.size) == [11, 8, 9] && end == 28)
  }

  @Test func sizesOf64BitsAreRead() {
    let large = number(1, 4) + Array("mdat".utf8) + number(20, 8) + [1, 2, 3, 4]
    let (found, end) = boxes(large + box("moov"))
    #expect(found.map(\.type) == ["mdat", "moov"] && found[0].size == 20 && found[0].headerSize == 16 && end == 28)
    let beyond = number(1, 4) + Array("mdat".utf8) + number(6 << 32, 8)
    #expect(boxes(beyond).boxes.first?.size == 6 << 32)
    let hostile = number(1, 4) + Array("mdat".utf8) + [UInt8](repeating: 0xFF, count: 8)
    #expect(boxes(hostile).boxes.first?.end == Int64.max)
  }

  @Test func aSizeOfZeroReachesToTheEnd() {
    let (found, end) = boxes(box("ftyp") + number(0, 4) + Array("mdat".utf8) + [1, 2, 3])
    #expect(found.last?.size == 11 && end == 19)
  }

  @Test func aBoxMayClaimMoreThanThereIs() {
    let (found, end) = boxes(box("ftyp") + number(100, 4) + Array("moov".utf8))
    #expect(found.last?.type == "moov" && found.last?.end == 108 && end == 108)
  }

  @Test(arguments: [[0, 0, 0, 4], [0, 0, 0, 7], [0, 0, 0, 1]] as [[UInt8]])
  func aSizeBelowTheHeaderEndsTheWalkBeforeIt(size: [UInt8]) {
    let (found, end) = boxes(box("ftyp") + size + Array("free".utf8) + [0, 0, 0])
    #expect(found.count == 1 && end == 8)
  }

  @Test func typesThatCannotBePrintedAreMasked() {
    #expect(boxes(number(8, 4) + [0xA9, 0x6E, 0x61, 0x00]).boxes.first?.type == "?na?")
  }

  @Test func childrenEndWhereTheirParentEnds() throws {
    let inner = box("trak", [1]) + number(500, 4) + Array("udta".utf8)
    let bytes = box("moov", [7, 7] + inner) + box("free")
    let source: ByteSource = { bytes.dropFirst(Int($0)).prefix($1) }
    let moov = try #require(boxes(bytes).boxes.first)
    let children = Array(BoxWalker(inside: moov, skipping: 2, endingBy: Int64(bytes.count), of: source))
    #expect(children.map(\.type) == ["trak", "udta"])
    #expect(Array(BoxWalker(inside: moov, skipping: 500, endingBy: 20, of: source)).isEmpty)
  }

  @Test func aHundredThousandBoxesAreAllWalked() {
    let bytes = (0..<100_000).flatMap { _ in box("free") }
    var walker = BoxWalker(0..<Int64(bytes.count)) { bytes.dropFirst(Int($0)).prefix($1) }
    var count = 0
    while walker.next() != nil { count += 1 }
    #expect(count == 100_000)
  }
}
