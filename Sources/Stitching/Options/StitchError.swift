import Foundation

extension Double {
  /// The number for a message, with at most three decimals.
  var short: String {
    formatted(.number.precision(.fractionLength(0...3)).grouping(.never).locale(Locale(identifier: "en_US_POSIX")))
  }
}

/// Why shots cannot be joined as requested: the shot, the field with both values, and what to do.
public struct StitchError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Kinds of failure; a struct, so that new kinds do not break callers.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    /// The request is invalid, such as no shots or an overlap longer than a shot.
    public static let badRequest = Code("bad request")
    /// A trim or a transition needs frames that a shot does not have.
    public static let outOfRange = Code("out of range")
    /// A shot cannot be joined: no video, no timestamps, a damaged frame.
    public static let unusableShot = Code("unusable shot")
    /// The music file has no audio, or is damaged or truncated.
    public static let unusableMusic = Code("unusable music")
    /// The voice file has no audio, is damaged, truncated or longer than the program.
    public static let unusableVoice = Code("unusable voice")
    /// Two shots differ in a property that a stream has only once.
    public static let mismatch = Code("mismatch")
    /// The mode forbids the encoding that the join needs.
    public static let needsEncoding = Code("needs encoding")
    /// The written master differs from its plan; nothing is left under the final name.
    public static let failedProof = Code("failed proof")
  }

  public let code: Code
  public let message: String
  /// The shot's file, if one is at fault.
  public let file: String?

  public init(_ code: Code, _ message: String, file: String? = nil) {
    self.code = code
    self.message = message
    self.file = file
  }

  public var description: String { (file.map { "\($0): " } ?? "") + message }
}
