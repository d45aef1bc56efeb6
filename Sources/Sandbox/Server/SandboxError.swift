/// Why the sandbox cannot serve.
public struct SandboxError: Error, Sendable, CustomStringConvertible {
  /// Kinds of failure; grows without breaking callers, so it is a struct.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    /// The host is not this machine.
    public static let notLoopback = Code("not loopback")
    /// The port is taken or not permitted.
    public static let cannotListen = Code("cannot listen")
    /// The directory cannot be made, read or written.
    public static let cannotStore = Code("cannot store")
  }

  public let code: Code
  /// What happened and what to do.
  public let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
