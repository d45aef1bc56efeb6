import Foundation
import Presets
import Support
import Testing
import Verification

/// MediaConch policies: what MediaConch itself says of the same file is the reference.
@Suite(.media) struct MediaConchTests {
  private static let mediaconch = FileManager.default.isExecutableFile(atPath: "/usr/bin/mediaconch")

  struct Media: Sendable, CustomTestStringConvertible {
    let name: String
    let arguments: [String]
    /// Fields whose value is not known here.
    var unknown: Set<String> = []
    var testDescription: String { name }
  }

  private static func source(_ rate: String = "25", size: String = "320x180", audio: Bool = true) -> [String] {
    ["-f", "lavfi", "-i", "testsrc2=size=\(size):rate=\(rate):duration=1"]
      + (audio ? ["-f", "lavfi", "-i", "sine=duration=1:sample_rate=48000", "-ac", "2"] : [])
  }

  private static let media = [
    Media(
      name: "avc.mp4",
      arguments: source("24000/1001") + [
        "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart", "-metadata:s:a",
        "language=deu",
      ], unknown: ["Audio/BitRate", "Audio/BitRate_Mode"]),
    Media(
      name: "two.mp4",
      arguments: source() + [
        "-f", "lavfi", "-i", "sine=duration=1:sample_rate=44100", "-map", "0:v", "-map", "1:a", "-map", "2:a", "-c:v",
        "libx264", "-profile:v", "baseline", "-pix_fmt", "yuv420p", "-aspect", "4:3", "-c:a", "aac",
      ], unknown: ["Audio/BitRate", "Audio/BitRate_Mode"]),
    Media(
      name: "hevc.mp4",
      arguments: source() + [
        "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none", "-pix_fmt", "yuv420p10le",
        "-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc", "-color_range", "tv",
        "-tag:v", "hvc1", "-c:a", "aac",
      ], unknown: ["Audio/BitRate", "Audio/BitRate_Mode"]),
    Media(
      name: "prores.mov",
      arguments: source() + [
        "-c:v", "prores_ks", "-profile:v", "3", "-pix_fmt", "yuv422p10le", "-c:a", "pcm_s24le", "-timecode",
        "01:00:00:00",
      ],
      unknown: [
        "Video/Format_Version", "Video/Format_Level", "Video/colour_range", "Video/colour_primaries",
        "Video/transfer_characteristics", "Video/matrix_coefficients", "Audio/Compression_Mode",
      ]),
    Media(
      name: "dnx.mov",
      arguments: source("30000/1001", size: "1280x720", audio: false) + [
        "-c:v", "dnxhd", "-profile:v", "dnxhr_hqx", "-pix_fmt", "yuv422p10le",
      ],
      unknown: [
        "Video/Format_Version", "Video/Format_Level", "Video/Format_Profile", "Video/BitRate", "Video/colour_range",
        "Video/colour_primaries", "Video/transfer_characteristics", "Video/matrix_coefficients", "Video/ScanType",
        "Video/ScanOrder",
      ]),
    Media(
      name: "pcm.wav",
      arguments: ["-f", "lavfi", "-i", "sine=duration=1:sample_rate=48000", "-ac", "2", "-c:a", "pcm_s16le"],
      unknown: ["General/Format_Profile", "General/CodecID", "General/IsStreamable", "Audio/CodecID"]),
  ]

  /// A rule for each field: the value that MediaInfo has, or that it has none.
  @Test(.enabled(if: mediaconch), arguments: media)
  func fieldsHaveTheValuesOfMediaInfo(media: Media) throws {
    let folder = try ScratchFolder()
    try MediaTool.ffmpeg(media.arguments + [media.name], in: folder.url)
    let tracks = try Self.mediaInfo(folder.path(media.name))
    var rules: [String] = []
    for (type, fields) in MediaConchPolicy.fields {
      for (number, track) in (tracks[type] ?? []).enumerated() {
        for field in fields.sorted() {
          let attributes =
            #"name="\#(type)/\#(field)" tracktype="\#(type)" value="\#(field)" occurrence="\#(number + 1)""#
          rules.append(
            track[field].map { #"<rule \#(attributes) operator="=">\#($0)</rule>"# }
              ?? #"<rule \#(attributes) operator="must not exist"/>"#)
        }
      }
    }
    let policy = try folder.write("p.xml", Self.policy(rules))
    #expect(try Self.outcomes(policy, folder.path(media.name)).values.allSatisfy { $0 == "pass" })
    let findings = try Self.findings(policy, folder.path(media.name))
    #expect(findings.count == rules.count)
    for finding in findings where finding.status != .pass {
      let field = finding.message.split(separator: ":").first.map(String.init) ?? ""
      #expect(finding.status == .inconclusive && media.unknown.contains(field), "\(finding.message)")
    }
  }

  private static let rules: [(name: String, rule: String)] = {
    let fields: [(type: String, value: String, texts: [String])] = [
      ("Audio", "SamplingRate", ["44100", "48000", "5e4", "4", "48000Hz"]),
      ("Audio", "Format", ["AAC", "aac", "A", "Z"]),
      ("Audio", "BitDepth", ["16"]), ("Video", "FrameRate", ["25.000", "25", "24.99"]),
      ("Video", "Format", ["AVC", " AVC "]), ("Other", "Type", ["Time code"]), ("Audio", "Language", ["de", "d"]),
    ]
    let operators = ["=", "&lt;", "&lt;=", "&gt;", "&gt;=", "starts with", "must not start with"]
    var rules: [(String, String)] = []
    for field in fields {
      for occurrence in ["*", "all", "1", "2", "3", ""] {
        let head = #"tracktype="\#(field.type)" value="\#(field.value)" occurrence="\#(occurrence)""#
        for word in ["exists", "must not exist", ""] { rules.append(("", #"\#(head) operator="\#(word)"/>"#)) }
        for word in operators {
          for text in field.texts { rules.append(("", #"\#(head) operator="\#(word)">\#(text)</rule>"#)) }
        }
      }
    }
    return rules.enumerated().map { ("r\($0)", #"<rule name="r\#($0)" \#($1.1)"#) }
  }()

  /// Every operator on fields of no, one and two tracks, numbers and words.
  @Test(.enabled(if: mediaconch)) func rulesHoldWhereMediaConchSaysSo() throws {
    let folder = try ScratchFolder()
    let media = Self.media[1]
    try MediaTool.ffmpeg(media.arguments + ["-metadata:s:a:0", "language=deu", media.name], in: folder.url)
    let policy = try folder.write("p.xml", Self.policy(Self.rules.map(\.rule)))
    let expected = try Self.outcomes(policy, folder.path(media.name))
    let found = try Self.findings(policy, folder.path(media.name))
    #expect(found.count == Self.rules.count && expected.count == found.count)
    for (finding, rule) in zip(found, Self.rules) {
      #expect(finding.status.rawValue == expected[rule.name], "\(rule.rule)")
    }
  }

  /// MediaConch 23.03 fails every rule with `!=`.
  @Test(arguments: [
    ("*", "44100", true), ("*", "8000", true), ("all", "44100", false), ("all", "8000", true), ("1", "48000", false),
    ("1", "44100", true), ("3", "44100", false), ("*", "48000.0", true), ("2", "44100.0", false),
  ])
  func unequalIsWhatItSays(occurrence: String, value: String, holds: Bool) throws {
    let folder = try ScratchFolder()
    let media = Self.media[1]
    try MediaTool.ffmpeg(media.arguments + [media.name], in: folder.url)
    let rule =
      #"<rule tracktype="Audio" value="SamplingRate" occurrence="\#(occurrence)" operator="!=">\#(value)</rule>"#
    let found = try Self.findings(try folder.write("p.xml", Self.policy([rule])), folder.path(media.name))
    #expect(found.map(\.status) == [holds ? .pass : .fail])
  }

  /// Alternatives, conditions within them, and levels.
  @Test(.enabled(if: mediaconch)) func policiesHoldWhereMediaConchSaysSo() throws {
    let folder = try ScratchFolder()
    let media = Self.media[0]
    try MediaTool.ffmpeg(media.arguments + [media.name], in: folder.url)
    func rule(_ holds: Bool, _ level: String = "fail") -> String {
      #"<rule value="Width" tracktype="Video" operator="=" level="\#(level)">\#(holds ? 320 : 321)</rule>"#
    }
    let levels = ["fail", "warn", "info"]
    var policies: [String] = []
    for type in ["or"] {
      for level in levels {
        for first in levels {
          for second in [rule(false), rule(true), "<policy>\(rule(true))\(rule(false, "warn"))</policy>", ""] {
            policies.append(
              #"<policy type="\#(type)" name="p\#(policies.count)" level="\#(level)">\#(rule(false, first))\#(second)</policy>"#
            )
          }
        }
      }
    }
    policies.append(#"<policy type="or" name="p\#(policies.count)"/>"#)
    let policy = try folder.write("p.xml", Self.policy(policies))
    let expected = try Self.outcomes(policy, folder.path(media.name))
    for (number, finding) in try Self.findings(policy, folder.path(media.name)).enumerated() {
      let outcome = finding.status == .warn && finding.severity == .info ? "info" : finding.status.rawValue
      #expect(outcome == expected["p\(number)"], "\(policies[number])")
    }
  }

  /// As every check has one, unique in its report.
  @Test func findingsHaveIds() throws {
    let folder = try ScratchFolder()
    let rules = ["Is it AVC?", "is it: avc", "4K", "高さ", ""].map {
      #"<rule name="\#($0)" value="Width" tracktype="Video"/>"#
    }
    let found = try Self.findings(try folder.write("p.xml", Self.policy(rules)), try folder.write("a.mp4", "none"))
    #expect(
      found.map(\.check) == [
        "mediaconch.is_it_avc", "mediaconch.is_it_avc_2", "mediaconch.rule_4k", "mediaconch.rule",
        "mediaconch.video_width",
      ])
    #expect(found.allSatisfy { $0.status == .notRun })
  }

  @Test(arguments: [
    (
      #"<rule name="GOP" value="Format_Settings_GOP" tracktype="Video" operator="=">N=1</rule>"#,
      "'GOP': the field 'Video/Format_Settings_GOP'"
    ),
    (#"<rule name="a" value="width" tracktype="Video" operator="=">1</rule>"#, "did you mean Width?"),
    (#"<rule name="box" scope="mmt" value="m:moov" operator="exists"/>"#, "'box': scope 'mmt'"),
    (#"<rule name="b" value="Width" tracktype="Image" operator="exists"/>"#, "'b': tracktype is 'Image'"),
    (#"<rule name="c" value="Width" tracktype="Video" operator="must exist"/>"#, "'c': the operator 'must exist'"),
    (#"<rule name="d" value="Width" tracktype="Video" operator="=">compare</rule>"#, "'d': comparing"),
    (#"<policy type="xor" name="e"/>"#, "'e': type is 'xor'"),
    (#"<rule value="Width" tracktype="Video" level="x"/>"#, "level is 'x'"),
    ("<test/>", "element 'test'"), (String(repeating: "<policy>", count: 40), "32 deep"),
    ("</policy>", "no well-formed XML"),
    ("<rule>", "no well-formed XML"),
  ])
  func refusesByName(rule: String, text: String) throws {
    let folder = try ScratchFolder()
    let policy = try folder.write("p.xml", Self.policy([rule]))
    let error = #expect(throws: VerificationError.self) { try MediaConchPolicy(path: policy) }
    #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
    #expect(error?.message.hasPrefix(policy) == true)
  }

  @Test(arguments: [
    #"<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform"/>"#, "", "no XML",
    #"<!DOCTYPE policy [<!ENTITY x SYSTEM "file:///etc/passwd">]><policy><rule name="&x;" value="Width" tracktype="Video"/></policy>"#,
  ])
  func refusesOtherDocuments(text: String) throws {
    let folder = try ScratchFolder()
    let path = try folder.write("p.xml", text)
    #expect(throws: VerificationError.self) { try MediaConchPolicy(path: path) }
  }

  // MARK: - Both programs

  private static func policy(_ rules: [String]) -> String {
    "<?xml version=\"1.0\"?>\n<policy type=\"and\" name=\"test\">\n<description>a &amp; b</description>\n"
      + rules.joined(separator: "\n") + "\n</policy>\n"
  }

  private static func findings(_ policy: String, _ file: String) throws -> [Finding] {
    let policy = try MediaConchPolicy(path: policy)
    let report = try Verifier(spec: policy.spec, policies: [policy]).verify(file)
    return report.findings.filter { $0.check.hasPrefix("mediaconch.") }
  }

  /// It keeps a database in the home folder, which several at a time disturb.
  private static func mediaconch(_ arguments: String...) throws -> OutsideProgram.Result {
    let home = try ScratchFolder()
    let result = try OutsideProgram.runAndWait("mediaconch", arguments, environment: ["HOME": home.path])
    try #require(result.text.contains("</"), "\(result.errors)")
    return result
  }

  /// The outcomes of the policy's own rules and policies, by name.
  private static func outcomes(_ policy: String, _ file: String) throws -> [String: String] {
    let reader = """
      import json, sys, xml.etree.ElementTree as tree
      root = tree.fromstring(sys.stdin.read())
      top = next(one for one in root.iter() if one.tag.endswith("}policy"))
      print(json.dumps({one.get("name"): one.get("outcome") for one in top if one.get("outcome")}))
      """
    let result = try mediaconch("-p", policy, "-fx", file)
    let read = try OutsideProgram.runAndWait(
      "python3", ["-c", reader], input: String(decoding: result.output, as: UTF8.self))
    return try JSONDecoder().decode([String: String].self, from: read.output)
  }

  /// The tracks of a file with their fields, by type.
  private static func mediaInfo(_ file: String) throws -> [String: [[String: String]]] {
    let reader = """
      import json, sys, xml.etree.ElementTree as tree
      tracks = {}
      for track in tree.fromstring(sys.stdin.read()).iter("{https://mediaarea.net/mediainfo}track"):
        fields = {one.tag.split("}")[1]: one.text for one in track if not len(one)}
        tracks.setdefault(track.get("type"), []).append(fields)
      print(json.dumps(tracks))
      """
    let result = try mediaconch("-mi", "-fx", file)
    let read = try OutsideProgram.runAndWait(
      "python3", ["-c", reader], input: String(decoding: result.output, as: UTF8.self))
    return try JSONDecoder().decode([String: [[String: String]]].self, from: read.output)
  }
}
