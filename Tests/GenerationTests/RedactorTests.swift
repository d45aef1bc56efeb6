import Generation
import Testing

@Suite struct RedactorTests {
  let redactor = Redactor(secrets: ["s3cr3t/key+1"])

  @Test(arguments: [
    ("plain", "the key s3cr3t/key+1 is wrong", "the key ••• is wrong"),
    ("percent-encoded", "?k=s3cr3t%2Fkey%2B1", "?k=•••"),
    (
      "signed address", "see https://b.example/c.mp4?X-Amz-Signature=abc&Expires=1 now",
      "see https://b.example/c.mp4?… now"
    ),
    ("fragment", "https://b.example/c#top", "https://b.example/c?…"),
    ("user", "https://me:pw@b.example/c", "https://b.example/c"),
    ("loose signature", "bad x-amz-signature=abcdef and sig=12", "bad x-amz-signature=… and sig=…"),
    ("bearer", "Authorization: Bearer abcdefgh123", "Authorization: Bearer •••"),
    ("image", "got data:image/png;base64,AAAABBBB== back", "got data:… back"),
    ("terminal", "red \u{1B}[31m\u{7} text", "red \\u{1b}[31m\\u{7} text"),
    ("direction", "abc\u{202E}fed", "abc\\u{202e}fed"),
    ("lines", " one\n\n  two\t", "one two"),
  ])
  func cleans(_ name: String, _ text: String, _ clean: String) {
    #expect(redactor.clean(text) == clean)
  }

  @Test func shortens() {
    let long = redactor.clean(String(repeating: "word ", count: 100_000))
    #expect(long.count == Redactor.defaultLimit)
    #expect(long.hasSuffix("…"))
  }

  @Test func hidesTheKeyInDescriptions() throws {
    let key = try APIKey("topsecret", variable: "OXEN_API_KEY")
    var dumped = ""
    dump(key, to: &dumped)
    #expect(!"\(key) \(String(reflecting: key)) \(dumped)".contains("topsecret"))
  }
}
