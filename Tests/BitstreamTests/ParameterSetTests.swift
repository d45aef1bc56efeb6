import Bitstream
import Foundation
import Support
import Testing

/// Parameter sets as x264 and x265 write them, against what the encoder was asked for and what ffprobe reads.
@Suite(.media) struct ParameterSetTests {
  struct Encoding: Sendable, CustomTestStringConvertible {
    let codec: String
    let pixelFormat: String
    let chromaFormat: Int
    let depth: Int
    var parameters: [String] = []

    var testDescription: String { "\(codec) \(pixelFormat) \(parameters)" }
    var isHEVC: Bool { codec == "libx265" }
    var arguments: [String] {
      [
        "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=24:duration=0.1", "-c:v", codec, "-pix_fmt", pixelFormat,
        isHEVC ? "-x265-params" : "-x264-params", (["log-level=none"] + parameters).joined(separator: ":"),
      ]
    }
  }

  static let encodings: [Encoding] = [
    Encoding(codec: "libx264", pixelFormat: "yuv420p", chromaFormat: 1, depth: 8),
    Encoding(
      codec: "libx264", pixelFormat: "yuv420p", chromaFormat: 1, depth: 8,
      parameters: ["cabac=0", "8x8dct=0", "bframes=0"]),
    Encoding(codec: "libx264", pixelFormat: "yuv420p", chromaFormat: 1, depth: 8, parameters: ["level=5.1", "ref=6"]),
    Encoding(codec: "libx264", pixelFormat: "yuv420p10le", chromaFormat: 1, depth: 10),
    Encoding(codec: "libx264", pixelFormat: "yuv422p10le", chromaFormat: 2, depth: 10),
    Encoding(codec: "libx264", pixelFormat: "yuv444p", chromaFormat: 3, depth: 8),
    Encoding(codec: "libx264", pixelFormat: "gray", chromaFormat: 0, depth: 8),
    Encoding(codec: "libx265", pixelFormat: "yuv420p", chromaFormat: 1, depth: 8),
    Encoding(codec: "libx265", pixelFormat: "yuv420p10le", chromaFormat: 1, depth: 10, parameters: ["level-idc=5.1"]),
    Encoding(codec: "libx265", pixelFormat: "yuv422p10le", chromaFormat: 2, depth: 10),
    Encoding(codec: "libx265", pixelFormat: "yuv444p12le", chromaFormat: 3, depth: 12),
    Encoding(
      codec: "libx265", pixelFormat: "yuv420p", chromaFormat: 1, depth: 8,
      parameters: ["temporal-layers=3", "bframes=4"]),
  ]

  /// The body of the `avcC` or `hvcC` box of an MP4 file.
  private func record(_ path: String, isHEVC: Bool) throws -> [UInt8] {
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    let name = Array((isHEVC ? "hvcC" : "avcC").utf8)
    let start = try #require((4..<bytes.count - 4).first { bytes[$0] == name[0] && Array(bytes[$0..<$0 + 4]) == name })
    let size = bytes[start - 4..<start].reduce(0) { $0 << 8 | Int($1) }
    return Array(bytes[start + 4..<start - 4 + size])
  }

  private func sets(_ encoding: Encoding, in folder: ScratchFolder) throws -> (ParameterSets, record: [UInt8]) {
    try MediaTool.ffmpeg(encoding.arguments + ["a.mp4"], in: folder.url)
    let record = try record(folder.path("a.mp4"), isHEVC: encoding.isHEVC)
    return (ParameterSets(extradata: record, isHEVC: encoding.isHEVC), record)
  }

  @Test(arguments: encodings)
  func holdWhatTheEncoderWasAskedForAndFfprobeReads(_ encoding: Encoding) throws {
    let folder = try ScratchFolder()
    let (sets, record) = try sets(encoding, in: folder)
    #expect(sets.sorted(.sps).count == 1 && sets.sorted(.pps).count >= 1)
    #expect(sets.sorted(.vps).count == (encoding.isHEVC ? 1 : 0))
    let sps = try #require(sets.sorted(.sps).first)
    let format = try #require(sps.sampleFormat)
    #expect(format.chromaFormat == encoding.chromaFormat)
    #expect(format.lumaDepth == encoding.depth && format.chromaDepth == encoding.depth)
    let probe = try #require(try MediaTool.ffprobe(folder.path("a.mp4"))?["streams"] as? [[String: Any]])
    #expect(sps.level == probe[0]["level"] as? Int)
    // libav decodes grey into 4:2:0 here.
    if encoding.chromaFormat > 0 { #expect(probe[0]["pix_fmt"] as? String == encoding.pixelFormat) }
    #expect(DecoderConfigurationRecord.lengthSize(extradata: record, isHEVC: encoding.isHEVC) == 4)
  }

  @Test(arguments: encodings)
  func areTheSameInTheSampleEntryAndInTheBitstream(_ encoding: Encoding) throws {
    let folder = try ScratchFolder()
    let (sets, _) = try sets(encoding, in: folder)
    let name = encoding.isHEVC ? "a.hevc" : "a.h264"
    try MediaTool.ffmpeg(["-i", "a.mp4", "-c", "copy", name], in: folder.url)
    let stream = [UInt8](try Data(contentsOf: URL(filePath: folder.path(name))))
    #expect(ParameterSets(extradata: stream, isHEVC: encoding.isHEVC).units == sets.units)
    #expect(DecoderConfigurationRecord.lengthSize(extradata: stream, isHEVC: encoding.isHEVC) == 0)
  }

  @Test(arguments: encodings)
  func areReadBackFromTheRecordThatIsWritten(_ encoding: Encoding) throws {
    let folder = try ScratchFolder()
    let (sets, record) = try sets(encoding, in: folder)
    let written = try #require(DecoderConfigurationRecord.record(sets, isComplete: true))
    #expect(ParameterSets(extradata: written, isHEVC: encoding.isHEVC) == sets)
    // ffmpeg's own avcC; its hvcC holds the encoder's user data besides.
    if !encoding.isHEVC { #expect(written == record) } else { #expect(written[0..<21] == record[0..<21]) }
  }

  @Test func aSetThatEndsInItsIdsCannotBeRenumbered() throws {
    // pps_id 0, sps_id 3 (00100), and no stop bit.
    let set = try #require(ParameterSet([0x68, 0b1001_0000], isHEVC: false))
    #expect(set.id == 0 && set.parent == 3)
    #expect(set.renumbered(id: 1, parent: 3) == nil)
  }

  @Test func idsAreThoseTheEncoderWasAskedFor() throws {
    let folder = try ScratchFolder()
    let encoding = Encoding(
      codec: "libx264", pixelFormat: "yuv420p", chromaFormat: 1, depth: 8, parameters: ["sps-id=9"])
    let (sets, _) = try sets(encoding, in: folder)
    #expect(sets.ids(of: .sps) == [9] && sets.ids(of: .pps) == [9])
    #expect(sets.unit(.pps, id: 9)?.parent == 9 && sets.unit(.pps, id: 0) == nil)
  }

  @Test(arguments: encodings)
  func renumberingChangesTheIdsAlone(_ encoding: Encoding) throws {
    let folder = try ScratchFolder()
    let (sets, _) = try sets(encoding, in: folder)
    for unit in sets.units {
      let parent = unit.kind == .vps || unit.kind == .sps && !encoding.isHEVC ? 0 : 3
      let other = try #require(unit.renumbered(id: 7, parent: parent))
      #expect(other.id == 7 && other.parent == parent && other.kind == unit.kind)
      #expect(other.sampleFormat == unit.sampleFormat && other.level == unit.level && other.profile == unit.profile)
      #expect(other.renumbered(id: unit.id, parent: unit.parent) == unit)
    }
  }

  @Test func rejectsBrokenUnits() {
    for isHEVC in [false, true] {
      for bytes in [[], [0], [0x67], [0x68], [0x42, 0x01], [0x65, 0x88, 0x80], [0x40, 0x09, 0x0C]] as [[UInt8]] {
        #expect(ParameterSet(bytes, isHEVC: isHEVC) == nil, "\(bytes)")
      }
    }
  }

  @Test func aRecordThatIsCutOffHoldsTheUnitsBeforeTheCut() throws {
    let folder = try ScratchFolder()
    for encoding in [Self.encodings[0], Self.encodings[7]] {
      let (sets, record) = try sets(encoding, in: folder)
      var previous = 0
      for length in 0..<record.count {
        let found = ParameterSets(extradata: Array(record.prefix(length)), isHEVC: encoding.isHEVC).units
        #expect(found.count >= previous && found == Array(sets.units.prefix(found.count)))
        previous = found.count
      }
    }
  }

  @Test func setsOfSeveralStreamsAreMergedUnderDistinctIds() throws {
    let folder = try ScratchFolder()
    for pair in [(0, 3), (7, 8)] {
      let streams = try [pair.0, pair.1].map { try sets(Self.encodings[$0], in: folder).0 }
      let merged = try #require(MergedParameterSets(streams))
      #expect(merged.renumbering(of: streams[0]) == nil)
      let second = try #require(merged.renumbering(of: streams[1]))
      #expect(merged.sets.ids(of: .sps).count == 2)
      for pps in streams[1].sorted(.pps) {
        let id = try #require(second.ppsIDs[pps.id])
        #expect(ParameterSetRenumbering.keepsAlignment(pps.id, id))
        #expect(merged.sets.unit(.pps, id: id)?.parent == second.spsIDs[pps.parent])
      }
    }
  }
}
