import Files
import Foundation

/// What signs the requests to a bucket; it prints without its secrets, so that no log or error can hold them.
struct S3Credentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  static let keyVariable = "AWS_ACCESS_KEY_ID"
  static let secretVariable = "AWS_SECRET_ACCESS_KEY"
  static let tokenVariable = "AWS_SESSION_TOKEN"
  /// How to get credentials that come from somewhere else.
  static let advice =
    "Set \(keyVariable) and \(secretVariable) (and \(tokenVariable), if there is one), or name a profile of "
    + "~/.aws/credentials in AWS_PROFILE. Credentials of other origin: aws configure export-credentials --format env"

  let accessKey: String
  let secretKey: String
  let sessionToken: String?
  /// Where they came from, for messages.
  let origin: String

  var description: String { "credentials of \(origin)" }
  var debugDescription: String { description }
  var customMirror: Mirror { Mirror(self, children: []) }

  /// All texts that no message may hold.
  var secrets: [String] { [secretKey, accessKey] + (sessionToken.map { [$0] } ?? []) }

  /// - Throws: ``StoreError`` `notAuthorised` when one is missing or has anything but visible ASCII: a line break would
  ///   smuggle a header into every request.
  init(accessKey: String, secretKey: String, sessionToken: String?, origin: String) throws {
    for (text, name) in [(accessKey, "access key"), (secretKey, "secret key"), (sessionToken ?? "-", "session token")] {
      guard !text.isEmpty else {
        throw StoreError(.notAuthorised, "The \(name) of \(origin) is missing. \(Self.advice)")
      }
      guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
        throw StoreError(
          .notAuthorised,
          "The \(name) of \(origin) has a space, a line break or another character that no key has. Copy it again.")
      }
    }
    self.accessKey = accessKey
    self.secretKey = secretKey
    self.sessionToken = sessionToken
    self.origin = origin
  }

  /// Of the environment, else of the profile in the shared files.
  init(environment: [String: String], profile: AWSProfile) throws {
    let names = [Self.keyVariable, Self.secretVariable]
    if names.contains(where: { environment[$0]?.isEmpty == false }) {
      let token = environment[Self.tokenVariable] ?? ""
      try self.init(
        accessKey: environment[Self.keyVariable] ?? "", secretKey: environment[Self.secretVariable] ?? "",
        sessionToken: token.isEmpty ? nil : token, origin: names.joined(separator: " and "))
      return
    }
    guard let accessKey = profile["aws_access_key_id"] else {
      throw StoreError(.notAuthorised, "There are no credentials for the store in S3. \(Self.advice)")
    }
    try self.init(
      accessKey: accessKey, secretKey: profile["aws_secret_access_key"] ?? "",
      sessionToken: profile["aws_session_token"], origin: "the profile \(quoted(profile.name))")
  }
}

/// The settings of one profile in the shared files of AWS: `~/.aws/credentials` and `~/.aws/config`
/// (https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html).
struct AWSProfile: Sendable {
  private static let largestFile = 1 << 20

  let name: String
  private let values: [String: String]

  subscript(_ name: String) -> String? { values[name] }

  /// - Throws: ``StoreError`` `notAuthorised` when a file that is there cannot be read, or lacks the profile that was named.
  init(environment: [String: String]) throws {
    let named = environment["AWS_PROFILE"].flatMap { $0.isEmpty ? nil : $0 }
    let name = named ?? "default"
    let home = environment["HOME"] ?? ""
    func path(_ variable: String, _ file: String) -> String? {
      if let path = environment[variable], !path.isEmpty { return path }
      return home.isEmpty ? nil : "\(home)/.aws/\(file)"
    }
    let config = try path("AWS_CONFIG_FILE", "config").flatMap {
      try Self.section(name == "default" ? ["default", "profile default"] : ["profile \(name)"], of: $0)
    }
    let credentials = try path("AWS_SHARED_CREDENTIALS_FILE", "credentials").flatMap {
      try Self.section([name], of: $0)
    }
    if let named, config == nil, credentials == nil {
      throw StoreError(
        .notAuthorised,
        "There is no profile \(quoted(named)) in ~/.aws/credentials or ~/.aws/config. Correct AWS_PROFILE.")
    }
    self.name = name
    values = (config ?? [:]).merging(credentials ?? [:]) { _, secret in secret }
  }

  /// Nil when there is no such file or section.
  private static func section(_ names: [String], of path: String) throws -> [String: String]? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let file = FileHandle(forReadingAtPath: path), let data = try? file.read(upToCount: largestFile + 1),
      data.count <= largestFile
    else { throw StoreError(.notAuthorised, "\(path.terminalSafe) cannot be read. Correct its permissions.") }
    var values: [String: String]?
    var isInside = false
    for line in String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline) {
      let text = line.trimmingCharacters(in: .whitespaces)
      guard let first = text.first, first != "#", first != ";" else { continue }
      if first == "[", let end = text.firstIndex(of: "]") {
        let words = text[text.index(after: text.startIndex)..<end].split(whereSeparator: \.isWhitespace)
        isInside = names.contains(words.joined(separator: " "))
        if isInside { values = values ?? [:] }
      } else if isInside, line.first?.isWhitespace == false, let equals = text.firstIndex(of: "=") {
        let name = text[..<equals].trimmingCharacters(in: .whitespaces).lowercased()
        values?[name] = text[text.index(after: equals)...].trimmingCharacters(in: .whitespaces)
      }
    }
    return values
  }
}
