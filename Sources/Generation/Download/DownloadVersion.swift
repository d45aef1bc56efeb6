import Files
import Foundation
import HTTPTypes

/// Identifies the body that a server sends, so that a download is resumed only if it is still the same.
struct DownloadVersion: Sendable, Codable, Hashable {
  /// Names the resource: the job, or the address without its signature.
  var source: String
  /// A strong entity tag, or a date that counts as one (RFC 9110 §8.8.2.2).
  var validator: String?
  var total: Int64?
  /// Of the whole body, lower-case hexadecimal, where the server gives them.
  var sha256: String?
  var md5: String?

  init(source: String) { self.source = source }

  init(source: String, headers: HTTPFields) {
    self.source = source
    total = headers.first(name: "Content-Length").flatMap { Int64($0) }
    validator = headers.first(name: "ETag").flatMap { $0.hasPrefix("\"") ? $0 : nil } ?? Self.date(headers)
    for name in ["Repr-Digest", "Digest"] { for value in headers.values(name: name) { take(digest: String(value)) } }
    if let value = headers.first(name: "x-amz-checksum-sha256") {
      sha256 = sha256 ?? Self.hexadecimal(value, bytes: 32)
    }
    if let value = headers.first(name: "Content-MD5") { md5 = md5 ?? Self.hexadecimal(value, bytes: 16) }
    for value in headers.values(name: "x-goog-hash") { take(digest: String(value)) }
  }

  /// `sha-256=:…:` (RFC 9530), `sha-256=…` (RFC 3230) or `md5=…`.
  private mutating func take(digest text: String) {
    let pair = text.split(separator: "=", maxSplits: 1)
    guard pair.count == 2 else { return }
    let value = pair[1].trimmingCharacters(in: CharacterSet(charactersIn: ": "))
    switch pair[0].trimmingCharacters(in: .whitespaces).lowercased() {
    case "sha-256": sha256 = sha256 ?? Self.hexadecimal(value, bytes: 32)
    case "md5": md5 = md5 ?? Self.hexadecimal(value, bytes: 16)
    default: break
    }
  }

  private static func hexadecimal(_ base64: String, bytes: Int) -> String? {
    guard let data = Data(base64Encoded: base64), data.count == bytes else { return nil }
    return MessageDigest.hexadecimal(data)
  }

  /// `Last-Modified` is a strong validator only when `Date` is at least a second later.
  private static func date(_ headers: HTTPFields) -> String? {
    guard let changed = headers.first(name: "Last-Modified"), let change = HTTPDate.parse(changed) else { return nil }
    guard let now = headers.first(name: "Date").flatMap(HTTPDate.parse), now.timeIntervalSince(change) >= 1 else {
      return nil
    }
    return changed
  }

  // MARK: - Stored beside the part file, for the next run

  private static func path(besides part: String) -> String { part + ".json" }

  /// What an earlier run stored about this resource.
  static func stored(besides part: String, source: String) -> DownloadVersion? {
    guard let data = FileManager.default.contents(atPath: path(besides: part)),
      let version = try? JSONDecoder().decode(DownloadVersion.self, from: data), version.source == source,
      version.validator != nil
    else { return nil }
    return version
  }

  func store(besides part: String) {
    guard validator != nil, let data = try? JSONEncoder().encode(self) else { return }
    try? OutputFile.replace(Self.path(besides: part), with: data)
  }

  static func forget(besides part: String) { try? FileManager.default.removeItem(atPath: path(besides: part)) }
}
