/// The secret that authorises calls to a service; it prints as dots, so that no log or error can hold it.
public struct APIKey: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  let secret: String

  /// - Parameter variable: the environment variable it came from, named in the error.
  /// - Throws: ``GenerationError`` with code `notAuthorised` when it is empty, or holds anything but visible ASCII: a
  ///   line break in a key would smuggle a second header into every request.
  public init(_ secret: String, variable: String) throws {
    guard !secret.isEmpty else {
      throw GenerationError(.notAuthorised, "No key: set \(variable) to the key of your account.")
    }
    guard secret.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw GenerationError(
        .notAuthorised,
        "The key in \(variable) holds a space, a line break or another character no key has; copy it again.")
    }
    self.secret = secret
  }

  public var description: String { "•••" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
