import Files
import Foundation
import Presets
import Testing

@Suite("Reading YAML and JSON")
struct DocumentParserTests {
  private func parse(_ text: String) -> (node: DocumentNode?, problems: [Problem]) {
    let list = ProblemList()
    let node = DocumentParser.parse(Data(text.utf8), problems: list)
    return (node, list.problems)
  }

  @Test("values are typed by YAML 1.2: off and 16:9 are text")
  func coreSchema() {
    let (node, problems) = parse("a: off\nb: 16:9\nc: 3\nd: 2.5\ne: true\nf: '3'\ng: .nan\nh: 1e400\ni: ~\n")
    #expect(problems.isEmpty)
    #expect(node?["a"]?.value == .text("off"))
    #expect(node?["b"]?.value == .text("16:9"))
    #expect(node?["c"]?.value == .integer(3))
    #expect(node?["d"]?.value == .number(2.5))
    #expect(node?["e"]?.value == .bool(true))
    #expect(node?["f"]?.value == .text("3"))
    #expect(node?["g"]?.value == .text(".nan"))
    #expect(node?["h"]?.value == .text("1e400"))
    #expect(node?["i"]?.value == .null)
  }

  @Test("JSON is read with surrogate pairs and escaped backslashes")
  func json() {
    let (node, problems) = parse(#"{"a": "\ud83c\udfac x \\ud83c\\udfac \/", "b": [1, -2.5, null]}"#)
    #expect(problems.isEmpty)
    #expect(node?["a"]?.value == .text("🎬 x \\ud83c\\udfac /"))
    #expect(node?.jsonValue["b"] == .array([1, -2.5, .null]))
  }

  @Test("every duplicate key is reported with both lines, and the rest is still read")
  func duplicates() {
    let (node, problems) = parse("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n\"a\": 2\ne: 5\n")
    #expect(problems.map(\.path).sorted() == ["a", "b.c"])
    #expect(problems.first { $0.path == "a" }?.line == 6)
    #expect(problems.first { $0.path == "a" }?.message.contains("first in line 1") == true)
    #expect(problems.first { $0.path == "b.c" }?.line == 5)
    #expect(node?["e"]?.value == .integer(5))
  }

  @Test("a byte order mark before YAML or JSON is skipped, and lines stay right")
  func byteOrderMark() {
    for text in ["a: 1\nb: 2\n", "{\"a\": 1,\n \"b\": 2}"] {
      let (node, problems) = parse("\u{FEFF}" + text)
      #expect(problems.isEmpty)
      #expect(node?["a"]?.value == .integer(1))
      #expect(node?["b"]?.line == 2)
    }
    #expect(parse("\u{FEFF}").problems.map(\.message) == parse("").problems.map(\.message))
    #expect(parse("\u{FEFF}a: 1\na: 2\n").problems.map(\.path) == ["a"])
  }

  @Test("a syntax error has its line")
  func syntax() {
    let (node, problems) = parse("a: 1\nb: [1, 2\nc: 3\n")
    #expect(node == nil)
    #expect(problems.count == 1)
    #expect([2, 3].contains(problems.first?.line))
  }

  @Test("a cut file's error is on its last line")
  func cutFile() {
    #expect(parse("a:\n  b: 1\n  audio_cross").problems.map(\.line) == [3])
  }

  @Test(
    "a control character is reported with its line",
    arguments: ["a: 1\nb: ä\n\u{C}", "a: 1\r\nb: ä\r\n\u{C}", "a: 1\rb: 2\r\u{B}\n"])
  func controlCharacters(text: String) {
    let (node, problems) = parse(text)
    #expect(node == nil)
    #expect(problems.map(\.line) == [3])
  }

  @Test("alias bombs are refused quickly")
  func bombs() {
    var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      let uses = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
      bomb += "a\(level): &a\(level) [\(uses)]\n"
    }
    let started = ContinuousClock.now
    #expect(parse(bomb).node == nil)
    var pairs = "a0: &a0 {x: 1}\n"
    for level in 1...15 { pairs += "a\(level): &a\(level) {l: *a\(level - 1), r: *a\(level - 1)}\n" }
    pairs += "? *a15\n: 1\n"
    _ = parse(pairs)
    #expect(parse(String(repeating: "[", count: 100_000)).node == nil)
    #expect(parse(String(repeating: "- ", count: 100_000)).node == nil)
    let deep = "a: 1\nb: " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
    #expect(parse(deep).problems.map(\.line) == [2])
    #expect(parse(deep).problems.first?.message.contains("32 levels") == true)
    #expect(ContinuousClock.now - started < .seconds(20))
  }

  @Test("a small number of aliases is fine")
  func aliases() {
    let (node, problems) = parse("a: &p paint & *brush*\nb: *p\n")
    #expect(problems.isEmpty)
    #expect(node?["b"]?.value == .text("paint & *brush*"))
  }

  @Test("invalid UTF-8 is reported with its line; empty files, several documents and huge files are refused")
  func badFiles() {
    let list = ProblemList()
    #expect(DocumentParser.parse(Data("a: 1\nb: ".utf8) + Data([0xFF, 0xFE]), problems: list) == nil)
    #expect(list.problems.first?.line == 2)
    #expect(parse("").problems.first?.message.contains("empty") == true)
    #expect(parse("a: 1\n---\nb: 2\n").node == nil)
    let huge = ProblemList()
    #expect(DocumentParser.parse(Data(count: DocumentParser.largestFile + 1), problems: huge) == nil)
    #expect(huge.problems.first?.message.contains("4 MiB") == true)
    #expect(parse("[1, 2]: 3\n").problems.isEmpty == false)
  }

  @Test("control characters in quoted text are escaped")
  func quoting() {
    #expect(quoted("a\u{1B}[31mb\u{202E}") == "'a\\u{1b}[31mb\\u{202e}'")
    #expect(quoted(String(repeating: "x", count: 100)).count == 63)
  }

  @Test(
    "near matches",
    arguments: [
      ("promt", "prompt"), ("negativ_prompt", "negative_prompt"), ("Duration", "duration"), ("shot", "shots"),
      ("start-image", "start_image"),
    ])
  func near(word: String, expected: String) {
    let known = ["prompt", "negative_prompt", "duration", "shots", "start_image"]
    #expect(nearest(to: word, among: known) == expected)
    #expect(nearest(to: "zebra", among: known) == nil)
  }
}
