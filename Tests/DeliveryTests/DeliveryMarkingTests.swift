import Delivery
import Foundation
import Presets
import Probing
import Stitching
import Support
import Testing
import Timing
import Verification

/// Marks of generated media, read back by exiftool, mediainfo and c2pa-python.
@Suite(.media) struct DeliveryMarkingTests {
  static let python = ProjectFiles.path(".build/c2pa/bin/python3")
  private static let tool = ProjectFiles.path("Tests/Support/c2pa_tool.py")
  private static let term = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
  private static let label =
    #"{"Label":"1","ContentProducer":"X","ProduceID":"7","ReservedCode1":"","ContentPropagator":"","PropagateID":"","ReservedCode2":""}"#
  static let hasExifTool = isInstalled("exiftool", "-ver")
  static let hasMediaInfo = isInstalled("mediainfo", "--Version")

  private static func isInstalled(_ program: String, _ argument: String) -> Bool {
    guard let result = try? MediaTool.run(program, [argument]) else { return false }
    return result.status == 0 || !result.output.isEmpty
  }

  private static func markedFixture() throws -> DeliveryFixture {
    try DeliveryFixture(
      seconds: "1", name: "marked.mov", "-movflags", "+use_metadata_tags", "-metadata", "AIGC=\(label)", "-metadata",
      "longtake.model=a model", "-metadata", "longtake.prompt_sha256=0123456789abcdef")
  }

  private static func tags(_ path: String) throws -> [String: Any] {
    let result = try MediaTool.run("exiftool", ["-json", "-a", "-G0", path])
    let list = try JSONSerialization.jsonObject(with: result.output) as? [[String: Any]]
    return list?.first ?? [:]
  }

  @Test(
    .enabled(if: hasExifTool),
    arguments: ["h264-uhd-web", "prores-422-hq", "gif-preview", "webp-preview", "audio-stems"])
  func readersFindTheMarks(preset: String) throws {
    let fixture = try Self.markedFixture()
    let file = try #require(try fixture.deliver(preset, options: { $0.tool = "longtake 1.2.3" }).first)
    #expect(file.isDelivered, "\(file.problems)")
    let tags = try Self.tags(file.file)
    // Newer releases print the meaning of the address instead of it.
    let type = tags["XMP:DigitalSourceType"] as? String
    #expect(type == Self.term || type?.lowercased().contains("trained algorithmic") == true, "\(tags)")
    #expect(tags["XMP:CreatorTool"] as? String == "longtake 1.2.3")
    #expect(tags["XMP:AISystemUsed"] as? String == "a model")
    #expect((tags["XMP:AIPromptInformation"] as? String)?.contains("0123456789abcdef") == true)
    let aigc = tags.first { $0.key.lowercased() == "xmp:aigc" }?.value
    #expect((aigc as? String)?.contains("ContentProducer") == true, "\(tags)")
    #expect(file.marking.sourceType == "trainedAlgorithmicMedia" && file.marking.aigc == Self.label)
  }

  @Test(arguments: ["h264-uhd-web", "prores-422-hq"])
  func aigcMetadataIsCarriedInTheContainer(preset: String) throws {
    let fixture = try Self.markedFixture()
    let file = try #require(try fixture.deliver(preset).first)
    let format = try MediaTool.ffprobe(file.file)?["format"] as? [String: Any]
    #expect((format?["tags"] as? [String: Any])?["AIGC"] as? String == Self.label)
    if Self.hasMediaInfo {
      let info = try MediaTool.run("mediainfo", ["--Output=JSON", file.file])
      #expect(info.text.contains("ContentProducer"))
    }
  }

  @Test func writtenMetadataOverridesTheMasters() throws {
    let fixture = try Self.markedFixture()
    let label = try AIGCLabel(written: #"{"Label": "2", "ContentPropagator": "Y"}"#)
    let file = try #require(
      try fixture.deliver(
        "proxy-1080p",
        options: {
          $0.marking.aigc = label
          $0.marking.sourceType = .term(.compositeWithTrainedAlgorithmicMedia)
        }
      ).first)
    #expect(file.marking.aigc == label.json && file.marking.sourceType == "compositeWithTrainedAlgorithmicMedia")
    let format = try MediaTool.ffprobe(file.file)?["format"] as? [String: Any]
    let tags = format?["tags"] as? [String: Any]
    #expect(tags?["AIGC"] as? String == label.json && tags?["longtake.aigc.2"] as? String == Self.label)
  }

  @Test func aMissingMarkIsReportedWhereAPresetDemandsIt() throws {
    let fixture = try DeliveryFixture(seconds: "1")
    let file = try #require(
      try fixture.deliver("proxy-1080p", options: { $0.marking.sourceType = .omitted }).first)
    #expect(file.isDelivered && file.marking.sourceType == nil)
    #expect(file.problems.map(\.check).contains("marking.digital_source_type"))
  }

  @Test func theLabelIsInTheFramesThatItIsAskedFor() throws {
    let fixture = try DeliveryFixture(seconds: "2", "-vf", "drawbox=c=black:t=fill,format=yuv420p")
    var label = try VisibleLabel(language: "zho")
    label.position = .topLeft
    label.seconds = .one
    let file = try #require(try fixture.deliver("h264-uhd-web", options: { $0.label = label }).first)
    let decoded = try MediaTool.run(
      "ffmpeg",
      [
        "-v", "error", "-i", file.file, "-vf",
        "crop=iw/2:ih/4:0:0,signalstats,metadata=print:key=lavfi.signalstats.YMAX:file=-", "-f", "null", "-",
      ])
    let peaks = decoded.text.matches(of: /YMAX=([0-9]+)/).compactMap { Int($0.1) }
    #expect(peaks.count == 48 && peaks.prefix(24).allSatisfy { $0 > 180 } && peaks.suffix(23).allSatisfy { $0 < 40 })
  }

  @Test func aLabelThatNoFontHasIsRefused() {
    #expect(throws: DeliveryError.self) { try VisibleLabel(text: "한국어") }
    #expect(throws: DeliveryError.self) { try VisibleLabel(language: "xxx") }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: python)))
  func clipsWithC2PABecomeIngredientsAndTheFileIsSigned() throws {
    let fixture = try DeliveryFixture(seconds: "1", name: "plain.mov")
    let folder = fixture.folder
    try MediaTool.ffmpeg(["-i", fixture.master, "-c:v", "copy", "-c:a", "aac", "clip.mp4"], in: folder.url)
    func run(_ arguments: String...) throws -> String {
      let result = try MediaTool.run(Self.python, [Self.tool] + arguments, in: folder.url)
      try #require(result.status == 0, "\(result.errors)")
      return result.text
    }
    _ = try run("certificate", folder.path(""))
    _ = try run("sign", folder.path(""), folder.path("clip.mp4"), folder.path("signed.mp4"))
    let reference = try JSONSerialization.jsonObject(with: Data(try run("read", folder.path("signed.mp4")).utf8))
    let store = try #require(reference as? [String: Any])
    let active = try #require(store["active_manifest"] as? String)

    var options = StitchOptions()
    options.audio.loudness = nil
    let plan = try StitchPlan([StitchShot(path: folder.path("signed.mp4"))], options: options)
    _ = try Stitcher(plan, options: options).write(to: folder.path("joined.mp4"))

    let (recipe, spec) = try fixture.recipe("h264-uhd-web")
    var delivery = DeliveryOptions(folder: fixture.output)
    delivery.signCommand = "'\(Self.python)' '\(Self.tool)' sign '\(folder.path(""))' \"$1\" \"$2\""
    let deliverer = try Deliverer(try DeliveryMaster(path: folder.path("joined.mp4")), options: delivery)
    let files = try deliverer.deliver(recipe, spec: spec)
    let file = try #require(files.first)
    #expect(file.isDelivered && file.marking.c2paGenerator == "test model 1.0", "\(file.problems)")
    #expect(file.marking.sourceType == "trainedAlgorithmicMedia")
    try DeliveryPackage(deliverer).add(files)
    let manifest = try JSONDecoder().decode(
      DeliveryManifest.self, from: Data(contentsOf: URL(filePath: fixture.output + "/manifest.json")))
    let ingredient = try #require(manifest.masters.first?.ingredients.first)
    #expect(ingredient.file == "signed.mp4" && ingredient.c2pa?.label == active)
    #expect(ingredient.sourceType == .trainedAlgorithmicMedia && ingredient.c2pa?.title == "A generated clip")
    #expect(ingredient.c2pa?.assertions.contains { $0.hasPrefix("c2pa.hash.bmff") } == true)

    let written = try JSONSerialization.jsonObject(with: Data(try run("read", file.file).utf8)) as? [String: Any]
    // Only the test's own certificate is in doubt: the bytes are those that were signed.
    let codes = (written?["validation_status"] as? [[String: Any]] ?? []).compactMap { $0["code"] as? String }
    #expect(codes.allSatisfy { $0.hasPrefix("signingCredential.untrusted") }, "\(codes)")
    #expect(try MediaTool.decode(file.file).errors == [])
  }

  @Test(arguments: [
    ("echo no card >&2; exit 3", "no card"), ("true", "no file"), ("cp \"$1\" \"$2\"", "no C2PA manifest"),
  ])
  func aSigningCommandThatFailsLeavesNoFile(command: String, text: String) throws {
    let fixture = try DeliveryFixture(seconds: "1")
    let error = #expect(throws: DeliveryError.self) {
      try fixture.deliver("proxy-1080p", options: { $0.signCommand = command })
    }
    #expect(error?.code == .notSigned && error?.message.contains(text) == true, "\(String(describing: error))")
    let left = try FileManager.default.contentsOfDirectory(atPath: fixture.output)
    #expect(left.allSatisfy { $0.hasPrefix(".longtake-deliver-") })
  }
}
