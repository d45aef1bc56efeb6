import Files
import Testing

@Suite struct SafeTextTests {
  @Test(arguments: [
    ("plain ä 漢 🎬", "plain ä 漢 🎬"), ("a\u{1B}[2Jb", "a\\u{1b}[2Jb"), ("line\nend", "line\\u{a}end"),
    ("\u{202E}txt.exe", "\\u{202e}txt.exe"),
  ])
  func terminalSafe(text: String, expected: String) { #expect(text.terminalSafe == expected) }

  @Test func quotedIsShort() {
    #expect(quoted(String(repeating: "x", count: 61)) == "'" + String(repeating: "x", count: 60) + "…'")
    #expect(quoted("x\u{7}") == "'x\\u{7}'")
  }
}
