/// Why loudness cannot be measured.
public struct LoudnessError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Kinds of failure; grows without breaking callers, so it is a struct.
  public struct Code: Sendable, Hashable {
    let name: String
    /// No meter exists for such audio.
    public static let unsupported = Code(name: "unsupported")
    public static let outOfMemory = Code(name: "out of memory")
  }

  public let code: Code
  /// What cannot be measured and why.
  public let message: String
  public var description: String { message }

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}
