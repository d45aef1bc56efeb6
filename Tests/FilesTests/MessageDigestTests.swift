import Files
import Testing

/// Against the published vectors: FIPS 180-4 examples, RFC 1321 A.5, RFC 4231.
@Suite struct MessageDigestTests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
  ])
  func sha256(text: String, expected: String) { #expect(SHA256Text.of(text) == expected) }

  @Test func md5() {
    let digest = MessageDigest(.md5)
    digest.update("message digest")
    #expect(digest.hexadecimal == "f96b697d7cb7938d525a2f31aaf161d0")
  }

  /// What was read out does not end the digest.
  @Test func goesOnAfterItWasRead() {
    let digest = MessageDigest()
    digest.update("a")
    _ = digest.hexadecimal
    digest.update("bc")
    #expect(digest.hexadecimal == SHA256Text.of("abc"))
  }

  @Test func hmac() {
    let authentication = MessageAuthentication(key: Array("Jefe".utf8))
    let message = Array("what do ya want for nothing?".utf8)
    let code = authentication.code(of: message)
    #expect(
      MessageDigest.hexadecimal(code) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(authentication.accepts(code, for: message))
    #expect(!authentication.accepts(code, for: message + [0]))
    #expect(!authentication.accepts(Array(code.dropLast()), for: message))
  }
}
