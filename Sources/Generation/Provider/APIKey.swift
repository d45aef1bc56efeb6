public import Storyboard

/// The secret that authorises calls to a service; it prints as dots, so that no log or error can hold it.
public struct APIKey: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  let secret: String

  /// - Parameter variable: the environment variable it came from, named in the error.
  /// - Throws: ``GenerationError`` `notAuthorised` when it is empty or has anything but visible ASCII: a line break in
  ///   a key would smuggle a second header into every request.
  public init(_ secret: String, variable: String) throws {
    guard !secret.isEmpty else {
      throw GenerationError(.notAuthorised, "No API key. Set \(variable) to the key of your account.")
    }
    guard secret.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw GenerationError(
        .notAuthorised,
        "The key in \(variable) has a space, a line break or another character that no key has. Copy it again.")
    }
    self.secret = secret
  }

  /// Reads a service's key from the environment.
  public init(of provider: ProviderKind, in environment: [String: String]) throws {
    let variable = provider.keyVariable ?? ""
    try self.init(environment[variable] ?? "", variable: variable)
  }

  public var description: String { "•••" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
