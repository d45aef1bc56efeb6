import Foundation
import Libav
import Probing
import Support
import Testing

/// Boxes that ffmpeg does not write: clean aperture, colour, provenance, HDR.
@Suite(.media) struct MovieBoxTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private func clip(_ codec: [String] = ["-c:v", "libx264"]) throws -> String {
    let arguments = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=24:duration=0.25"] + codec
    try MediaTool.ffmpeg(arguments + ["-preset", "ultrafast", "plain.mp4"], in: folder.url)
    return folder.path("plain.mp4")
  }

  private func changed(_ change: (inout BoxEditor) -> Void) throws -> String {
    var surgeon = try BoxEditor(try clip())
    change(&surgeon)
    let path = folder.path("changed.mp4")
    try surgeon.write(path)
    #expect(try MediaTool.ffprobe(path) != nil)
    return path
  }

  private func entry(_ path: String) throws -> MovieBoxes.SampleEntry {
    let report = try ProbeReport(path: path)
    return try #require(report.video.flatMap { report.track(of: $0.info)?.sampleEntry })
  }

  @Test func aPlainFileHasNone() throws {
    let report = try ProbeReport(path: try clip())
    let entry = try entry(folder.path("plain.mp4"))
    #expect(report.movie?.hasC2PA == false && report.movie?.hasAIGC == false)
    #expect(entry.cleanAperture == nil && entry.colorCodes == nil)
    #expect(report.video?.hdr == nil)
  }

  @Test func theCleanApertureIsRead() throws {
    let body = [310, 1, 471, 2, 0, 1, 0, 1].flatMap { BoxEditor.number($0, 4) }
    let path = try changed { $0.add(BoxEditor.box("clap", body), in: BoxEditor.sampleEntry("avc1")) }
    let aperture = try entry(path).cleanAperture
    #expect(aperture?.width == 310 && aperture?.height == 235.5)
    // Numbers that say nothing are no aperture.
    let void = try changed {
      $0.add(BoxEditor.box("clap", [UInt8](repeating: 0, count: 32)), in: BoxEditor.sampleEntry("avc1"))
    }
    #expect(try entry(void).cleanAperture == nil)
  }

  @Test(arguments: ["nclx", "nclc"])
  func theContainersColourIsReadAsFfprobeReadsIt(_ kind: String) throws {
    let body = Array(kind.utf8) + [9, 16, 9].flatMap { BoxEditor.number($0, 2) } + (kind == "nclx" ? [0] : [])
    let path = try changed { $0.add(BoxEditor.box("colr", body), in: BoxEditor.sampleEntry("avc1")) }
    let codes = try entry(path).colorCodes
    #expect(codes?.primaries == 9 && codes?.transfer == 16 && codes?.matrix == 9)
    let stream = try #require((try MediaTool.ffprobe(path)?["streams"] as? [[String: Any]])?.first)
    #expect(stream["color_transfer"] as? String == "smpte2084" && stream["color_primaries"] as? String == "bt2020")
    #expect(try ProbeReport(path: path).video?.hdr?.curve == .pq)
  }

  @Test func provenanceIsSeenAndNotInventedFromOtherBoxes() throws {
    let c2pa: [UInt8] = [
      0xD8, 0xFE, 0xC3, 0xD6, 0x1B, 0x0E, 0x48, 0x3C, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7E, 0xC4, 0x81,
    ]
    let manifest = try changed { $0.append(BoxEditor.box("uuid", c2pa + [UInt8](repeating: 0, count: 40))) }
    #expect(try ProbeReport(path: manifest).movie?.hasC2PA == true)
    let other = try changed { $0.append(BoxEditor.box("uuid", [UInt8](repeating: 7, count: 56))) }
    #expect(try ProbeReport(path: other).movie?.hasC2PA == false)
    let jumbf = try changed { $0.append(BoxEditor.box("jumb", [UInt8](repeating: 0, count: 16))) }
    #expect(try ProbeReport(path: jumbf).movie?.hasC2PA == true)
    let marked = try changed { $0.add(BoxEditor.box("AIGC", Array(#"{"Label":"1"}"#.utf8)), in: ["moov", "udta"]) }
    #expect(try ProbeReport(path: marked).movie?.hasAIGC == true)
    // The word in the media itself is no mark.
    let word = try changed { $0.append(BoxEditor.box("mdat", Array("AIGC".utf8))) }
    #expect(try ProbeReport(path: word).movie?.hasAIGC == false)
  }

  @Test func masteringDisplayAndLightLevelsOfTheHeaderAreThoseOfFfprobe() throws {
    var surgeon = try BoxEditor(try clip(["-c:v", "libx265", "-x265-params", "log-level=none", "-tag:v", "hvc1"]))
    let numbers = [13250, 34500, 7500, 3000, 34000, 16000, 15635, 16450].flatMap { BoxEditor.number($0, 2) }
    let light = [10_000_000, 50].flatMap { BoxEditor.number($0, 4) }
    surgeon.add(BoxEditor.box("mdcv", numbers + light), in: BoxEditor.sampleEntry("hvc1"))
    let levels = [1000, 400].flatMap { BoxEditor.number($0, 2) }
    surgeon.add(BoxEditor.box("clli", levels), in: BoxEditor.sampleEntry("hvc1"))
    let path = folder.path("mastered.mp4")
    try surgeon.write(path)
    #expect(try ProbeComparison.differences(path) == [])
    let hdr = try #require(try ProbeReport(path: path).video?.hdr)
    #expect(hdr.masteringDisplay?.primaries?.first?.description == "34000/50000")
    #expect(hdr.contentLight?.maximum == 1000 && hdr.contentLight?.average == 400)
    #expect(hdr.curve == nil)
  }

  /// The same in the bit stream alone, where ffprobe tells it of the first frame.
  @Test(arguments: ["sei.mp4", "sei.mkv", "sei.hevc"])
  func masteringDisplayAndLightLevelsOfTheBitStreamAreThoseOfFfprobe(_ name: String) throws {
    let parameters =
      "log-level=none:hdr10=1:repeat-headers=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:"
      + "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=768,3"
    let path = try folder.make(
      name, "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=24:duration=0.25", "-c:v", "libx265", "-preset",
      "ultrafast", "-pix_fmt", "yuv420p10le", "-x265-params", parameters)
    let hdr = try #require(try ProbeReport(path: path).video?.hdr)
    let judge = try MediaTool.run(
      "ffprobe",
      [
        "-v", "error", "-read_intervals", "%+#1", "-show_frames", "-of", "json",
        "-select_streams",
        "v:0", path,
      ])
    let document = try JSONSerialization.jsonObject(with: Data(judge.output)) as? [String: Any]
    let frame = try #require((document?["frames"] as? [[String: Any]])?.first)
    let data = try #require(frame["side_data_list"] as? [[String: Any]])
    let display = try #require(data.first { $0["red_x"] != nil })
    let names = ["red_x", "red_y", "green_x", "green_y", "blue_x", "blue_y", "white_point_x", "white_point_y"]
    #expect(hdr.masteringDisplay?.primaries?.map(\.description) == names.map { display[$0] as? String ?? "" })
    let luminance = ["min_luminance", "max_luminance"].map { display[$0] as? String ?? "" }
    #expect(hdr.masteringDisplay?.luminance?.map(\.description) == luminance)
    let light = try #require(data.first { $0["max_content"] != nil })
    #expect(hdr.contentLight?.maximum == light["max_content"] as? Int)
    #expect(hdr.contentLight?.average == light["max_average"] as? Int)
    #expect(hdr.curve == .pq && !hdr.hasHDR10Plus && !hdr.hasDolbyVisionRPU && hdr.dolbyVision == nil)
  }

  @Test(.enabled(if: RealClips.areThere))
  func dynamicMetadataOfRealClipsIsSeen() throws {
    func hdr(_ name: String) throws -> HDRDescription {
      let path = try #require(RealClips.paths.first { $0.hasSuffix(name) })
      return try #require(try ProbeReport(path: path).video?.hdr)
    }
    let raw = try hdr("4k/raw_hevc_pq_rpu.hevc")
    #expect(raw.curve == .pq && raw.hasDolbyVisionRPU && raw.contentLight?.average == 243)
    #expect(try hdr("streams/hdr10plus_raw.h265").hasHDR10Plus)
    let phone = try hdr("device/iphone_dv_hlg_rot.MOV")
    #expect(phone.curve == .hlg && phone.dolbyVision?.profile == 8 && phone.dolbyVision?.baseLayerCompatibility == 4)
  }
}
