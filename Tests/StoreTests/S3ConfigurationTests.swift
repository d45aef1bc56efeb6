import Foundation
import Support
import Testing

@testable import Store

@Suite struct S3ConfigurationTests {
  private static let keys = ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "very/secret"]

  private static func read(_ url: String = "s3://films/a/b/", _ more: [String: String] = [:]) throws -> S3Configuration
  {
    try S3Configuration(url, environment: keys.merging(more) { $1 })
  }

  @Test func asksAWSUnlessThereIsAnEndpoint() throws {
    let aws = try Self.read("s3://films/a/b/", ["AWS_REGION": "eu-central-1"])
    #expect(aws.origin == "https://films.s3.eu-central-1.amazonaws.com" && aws.basePath == "")
    #expect(aws.prefix == "a/b/" && aws.address == "s3://films/a/b")
    // A certificate for one level of names does not cover a dot.
    let dotted = try Self.read("s3://my.films")
    #expect(dotted.origin == "https://s3.us-east-1.amazonaws.com" && dotted.basePath == "/my.films")
    let own = try Self.read("s3://films", ["AWS_ENDPOINT_URL": "https://S3.example.com:443/base/"])
    #expect(own.origin == "https://s3.example.com" && own.basePath == "/base/films" && own.prefix == "")
    let virtual = try Self.read(
      "s3://films", ["AWS_ENDPOINT_URL_S3": "https://s3.example.com:9000", "LONGTAKE_S3_ADDRESSING": "virtual"])
    #expect(virtual.origin == "https://films.s3.example.com:9000" && virtual.basePath == "")
  }

  @Test(arguments: ["http://127.0.0.1:1", "http://localhost:8333", "http://[::1]:8333"])
  func takesHTTPOnLoopback(_ endpoint: String) throws {
    #expect(try Self.read("s3://films", ["AWS_ENDPOINT_URL_S3": endpoint]).origin == endpoint)
  }

  @Test func refusesHTTPWithAnotherMachineUnlessAskedTo() throws {
    let variables = ["AWS_ENDPOINT_URL_S3": "http://store.example:9000"]
    let error = #expect(throws: StoreError.self) { try Self.read("s3://films", variables) }
    #expect(error?.code == .unsupported && error?.message.contains("a signature hides no content") == true)
    let allowed = try Self.read("s3://films", variables.merging(["LONGTAKE_S3_INSECURE": "1"]) { $1 })
    #expect(allowed.origin == "http://store.example:9000")
  }

  @Test(arguments: [
    "s3:films", "s3://", "s3://ab", "s3://films/../x", "s3://key:secret@films", "s3://films?endpoint=x", "ftp://films",
    "films", "file://server/films", "file:relative",
  ])
  func refusesOtherAddresses(_ url: String) {
    let error = #expect(throws: StoreError.self) { try ObjectStores.open(url, environment: Self.keys) }
    #expect(error?.code == .unsupported, "\(url)")
  }

  @Test func readsTheSharedFiles() throws {
    let folder = try ScratchFolder()
    let credentials = try folder.write(
      "credentials",
      """
      # of everyone
      [default]
      aws_access_key_id = AKDEFAULT
      aws_secret_access_key=default/secret
      [ studio ]
      aws_access_key_id = AKSTUDIO
      aws_secret_access_key = studio=secret
      aws_session_token = token
      """)
    let config = try folder.write(
      "config",
      """
      [default]
      region = eu-west-1
      [profile studio]
      region = eu-north-1
      s3 =
        addressing_style = path
      endpoint_url = https://s3.studio.example
      """)
    var environment = ["AWS_SHARED_CREDENTIALS_FILE": credentials, "AWS_CONFIG_FILE": config]
    let first = try S3Configuration("s3://films", environment: environment)
    #expect(first.credentials.accessKey == "AKDEFAULT" && first.credentials.secretKey == "default/secret")
    #expect(first.region == "eu-west-1" && first.credentials.sessionToken == nil)
    environment["AWS_PROFILE"] = "studio"
    let second = try S3Configuration("s3://films", environment: environment)
    #expect(second.credentials.secretKey == "studio=secret" && second.credentials.sessionToken == "token")
    #expect(second.region == "eu-north-1" && second.origin == "https://s3.studio.example")
    environment["AWS_PROFILE"] = "nobody"
    let error = #expect(throws: StoreError.self) { try S3Configuration("s3://films", environment: environment) }
    #expect(error?.code == .notAuthorised && error?.message.contains("'nobody'") == true)
  }

  @Test func saysWhatToDoWithoutCredentials() {
    let none = #expect(throws: StoreError.self) { try S3Configuration("s3://films", environment: [:]) }
    #expect(none?.code == .notAuthorised && none?.message.contains("AWS_ACCESS_KEY_ID") == true)
    let half = #expect(throws: StoreError.self) {
      try S3Configuration("s3://films", environment: ["AWS_ACCESS_KEY_ID": "AKID"])
    }
    #expect(half?.message.contains("secret key") == true)
    let broken = #expect(throws: StoreError.self) { try Self.read("s3://films", ["AWS_SECRET_ACCESS_KEY": "a\nb"]) }
    #expect(broken?.code == .notAuthorised && broken?.message.contains("a\nb") == false)
  }

  /// However a configuration is printed, its secrets are not.
  @Test func hidesItsSecrets() throws {
    let configuration = try Self.read("s3://films", ["AWS_SESSION_TOKEN": "the-token"])
    var dumped = ""
    dump(configuration, to: &dumped)
    for text in ["\(configuration)", String(reflecting: configuration), dumped, "\(configuration.credentials)"] {
      #expect(!text.contains("very/secret") && !text.contains("the-token"))
    }
  }
}
