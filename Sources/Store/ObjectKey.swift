import Files

/// What a key may be, in every store alike: names separated by `/`, such as `runs/film-de/run.json`.
enum ObjectKey {
  /// Bytes of a whole key; S3 allows 1024, of which a prefix takes some.
  static let longest = 800
  /// Bytes of one name, which a folder's file systems allow.
  static let longestName = 255
  /// Names that a store in a folder needs for itself.
  static let reservedPrefix = ".longtake"

  /// - Throws: ``StoreError`` `unsupported` naming what is wrong.
  static func check(_ key: String) throws {
    guard !key.isEmpty else { throw wrong(key, "it is empty") }
    try check(names: key.split(separator: "/", omittingEmptySubsequences: false), of: key)
  }

  /// A prefix may be empty, end within a name or with `/`.
  static func check(prefix: String) throws {
    guard !prefix.isEmpty else { return }
    var names = prefix.split(separator: "/", omittingEmptySubsequences: false)
    if names.last?.isEmpty == true { names.removeLast() }
    try check(names: names, of: prefix)
  }

  private static func check(names: [Substring], of key: String) throws {
    guard key.utf8.count <= longest else { throw wrong(key, "it is longer than \(longest) bytes") }
    guard !key.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
      throw wrong(key, "it has a control character")
    }
    for name in names {
      guard !name.isEmpty else { throw wrong(key, "it has an empty name; it must neither start nor end with '/'") }
      guard name != ".", name != ".." else { throw wrong(key, "'\(name)' is no name") }
      guard name.utf8.count <= longestName else { throw wrong(key, "a name is longer than \(longestName) bytes") }
      guard !name.hasPrefix(reservedPrefix) else { throw wrong(key, "names from '\(reservedPrefix)' on are reserved") }
    }
  }

  private static func wrong(_ key: String, _ why: String) -> StoreError {
    StoreError(.unsupported, "\(quoted(key)) cannot be the key of an object: \(why).")
  }
}
