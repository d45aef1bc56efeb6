import Files
import Foundation
import Support
import Testing

/// XML as another parser reads it.
@Suite struct XMLOutputTests {
  private static let odd = "a & b <c> \"d\" 'e' ]]> \n\t\r\u{0}\u{1B}\u{FFFE} \u{1F3AC} é\u{301} ü"
  private static let reader = """
    import json, sys, xml.etree.ElementTree as tree
    root = tree.parse(sys.argv[1]).getroot()
    print(json.dumps([root.tag, root.get("name"), root.find("text").text, [child.tag for child in root]]))
    """

  @Test func aParserReadsBackTextAndAttributes() async throws {
    let root = XMLOutput.Element(
      "root", [("name", Self.odd), ("absent", nil)],
      children: [XMLOutput.Element("text", text: Self.odd), XMLOutput.Element("empty")])
    let folder = try ScratchFolder()
    let file = try folder.write("a.xml", XMLOutput.data(root, doctype: "root"))
    let result = try await OutsideProgram.run("python3", ["-c", Self.reader, file])
    try #require(result.status == 0, "\(result.errors)")
    let read = try #require(try JSONSerialization.jsonObject(with: result.output) as? [Any])
    // XML 1.0 has no place for NUL, escape and U+FFFE.
    let expected = Self.odd.replacing("\u{0}\u{1B}\u{FFFE}", with: "\u{FFFD}\u{FFFD}\u{FFFD}")
    #expect(read[0] as? String == "root" && read[3] as? [String] == ["text", "empty"])
    #expect((read[1] as? String)?.unicodeScalars.elementsEqual(expected.unicodeScalars) == true)
    #expect((read[2] as? String)?.unicodeScalars.elementsEqual(expected.unicodeScalars) == true)
  }
}
