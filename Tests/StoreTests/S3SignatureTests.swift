import Foundation
import Testing

@testable import Store

/// The examples that AWS publishes.
@Suite struct S3SignatureTests {
  /// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
  struct Example: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let method: String
    var path = "/"
    var query: [(name: String, value: String)] = []
    var headers: [(name: String, value: String)] = []
    var payload = S3Signature.emptyPayload
    let signature: String

    static let all = [
      Example(
        testDescription: "GET object", method: "GET", path: "/test.txt", headers: [("range", "bytes=0-9")],
        signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
      Example(
        testDescription: "PUT object", method: "PUT", path: "/" + S3Signature.path("test$file.text"),
        headers: [("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
        payload: "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
        signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
      Example(
        testDescription: "GET bucket lifecycle", method: "GET", query: [("lifecycle", "")],
        signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
      Example(
        testDescription: "list objects", method: "GET", query: [("prefix", "J"), ("max-keys", "2")],
        signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ]
  }

  @Test(arguments: Example.all) func signsAsPublished(_ example: Example) throws {
    let time = "20130524T000000Z"
    let signature = S3Signature(
      credentials: try S3Credentials(
        accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", sessionToken: nil,
        origin: "a test"), region: "us-east-1")
    let headers = [
      ("host", "examplebucket.s3.amazonaws.com"), ("x-amz-content-sha256", example.payload), ("x-amz-date", time),
    ]
    let value = signature.authorization(
      .init(
        method: example.method, path: example.path, query: S3Signature.query(example.query),
        headers: headers + example.headers, payload: example.payload), time: time)
    #expect(value.hasSuffix("Signature=\(example.signature)"))
    #expect(value.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"))
  }

  /// Of the test suite of Signature Version 4: get-vanilla and get-vanilla-query-order-key-case.
  @Test(arguments: [
    ([], "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    (["Param2", "Param1"], "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
  ]) func signsTheVanillaRequests(_ names: [String], _ expected: String) throws {
    let time = "20150830T123600Z"
    let signature = S3Signature(
      credentials: try S3Credentials(
        accessKey: "AKIDEXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", sessionToken: nil,
        origin: "a test"), region: "us-east-1", service: "service")
    let query = S3Signature.query(names.map { ($0, "value\($0.suffix(1))") })
    let value = signature.authorization(
      .init(
        method: "GET", path: "/", query: query, headers: [("host", "example.amazonaws.com"), ("x-amz-date", time)],
        payload: S3Signature.emptyPayload), time: time)
    #expect(value.hasSuffix("Signature=\(expected)"))
  }

  @Test func encodesKeysAsSigned() {
    #expect(S3Signature.path("a b/ä+&$~-_.'()*!:@=") == "a%20b/%C3%A4%2B%26%24~-_.%27%28%29%2A%21%3A%40%3D")
    #expect(S3Signature.query([("uploads", ""), ("prefix", "a/b")]) == "prefix=a%2Fb&uploads=")
  }

  @Test func writesTheTimeInUTC() {
    #expect(S3Signature.time(Date(timeIntervalSince1970: 1_369_353_600)) == "20130524T000000Z")
    #expect(S3Signature.time(Date(timeIntervalSince1970: 1_735_689_599)) == "20241231T235959Z")
  }
}
