import Files
import Testing

@Test(arguments: [(0, "0 frames"), (1, "1 frame"), (2, "2 frames"), (-1, "-1 frames")])
func countsTheNoun(_ count: Int, text: String) {
  #expect(counted(count, "frame") == text)
}

@Test func takesAnIrregularPlural() {
  #expect(counted(2, "half", plural: "halves") == "2 halves" && counted(1, "half", plural: "halves") == "1 half")
}
