/// Why a delivery version cannot be made: what is wrong, and what to do.
public struct DeliveryError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Kinds of failure; grows without breaking callers, so it is a struct.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    /// The request is invalid, such as a name template with an unknown field. Exit status 64.
    public static let badRequest = Code("bad request")
    /// The master cannot become this version: no video, another size, HDR. Exit status 65.
    public static let unsuitable = Code("unsuitable")
    /// Frames of the master are damaged or missing. Exit status 65.
    public static let damaged = Code("damaged")
    /// A part that was just written is not what was sent to it. Exit status 70.
    public static let inconsistent = Code("inconsistent")
    /// The command that signs files failed. Exit status 69.
    public static let notSigned = Code("not signed")
  }

  public let code: Code
  public let message: String
  /// The file at fault, if one is.
  public let file: String?

  public init(_ code: Code, _ message: String, file: String? = nil) {
    self.code = code
    self.message = message
    self.file = file
  }

  public var description: String { (file.map { "\($0): " } ?? "") + message }
}
