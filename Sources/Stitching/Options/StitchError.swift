/// Why shots cannot be joined as asked: names the shot, the field and both values, and what to do.
public struct StitchError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Kinds of failure; grows without breaking callers, so it is a struct.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    /// The request itself makes no sense (no shots, an overlap longer than a shot).
    public static let badRequest = Code("bad request")
    /// A trim or a transition needs frames that a shot does not have.
    public static let outOfRange = Code("out of range")
    /// A shot cannot be joined: no video, no times, a damaged frame.
    public static let unusableShot = Code("unusable shot")
    /// The music cannot be used: no audio in it, or damage.
    public static let unusableMusic = Code("unusable music")
    /// Two shots differ in what one stream can have only once.
    public static let mismatch = Code("mismatch")
    /// The mode forbids what the join needs.
    public static let needsEncoding = Code("needs encoding")
    /// The written master is not what was planned; nothing is left under the final name.
    public static let failedProof = Code("failed proof")
  }

  public let code: Code
  public let message: String
  /// The shot's file, where one is at fault.
  public let file: String?

  public init(_ code: Code, _ message: String, file: String? = nil) {
    self.code = code
    self.message = message
    self.file = file
  }

  public var description: String { (file.map { "\($0): " } ?? "") + message }
}
