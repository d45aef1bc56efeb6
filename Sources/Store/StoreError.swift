import Files

/// Why an object store could not do what it was asked: a code, what happened, and what to do.
public struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Kinds of failure; grows without breaking callers, so it is a struct.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    /// No such folder, bucket or object. Exit status 66.
    public static let notFound = Code("not found")
    /// No credentials, or the store refused them. Exit status 77.
    public static let notAuthorised = Code("not authorised")
    /// Unreachable, or it keeps failing after the retries. Exit status 69.
    public static let unavailable = Code("unavailable")
    /// A conditional write left and no answer tells whether it was made: read the object again. Exit status 75.
    public static let answerLost = Code("answer lost")
    /// A wrong address or key, or a store without conditional writes. Exit status 64.
    public static let unsupported = Code("unsupported")
    /// Another writer was there first.
    public static let conflict = Code("conflict")
    /// The content does not have its digest. Exit status 65.
    public static let damaged = Code("damaged")
    /// Reading or writing a file of this machine failed, or its disk is full. Exit status 74.
    public static let localFile = Code("local file")
    /// A response in an unknown form, or a larger object than was expected. Exit status 69.
    public static let malformedAnswer = Code("malformed answer")
  }

  public let code: Code
  /// What happened and what to do. Never holds a credential.
  public let message: String
  /// The HTTP status, when there was one.
  public let status: Int?

  public init(_ code: Code, _ message: String, status: Int? = nil) {
    self.code = code
    self.message = message
    self.status = status
  }

  public var description: String { message }
}

extension StoreError {
  /// A failure of this machine's files.
  init(_ error: FileError) { self.init(.localFile, error.description) }

  /// Runs Foundation's and our own file operations; their errors become `localFile`, all others stay.
  static func rethrowing<Value: ~Copyable>(_ path: String, _ work: () throws -> Value) throws -> Value {
    do {
      return try work()
    } catch let error as FileError {
      throw StoreError(error)
    } catch {
      guard let file = FileError(foundation: error, file: path) else { throw error }
      throw StoreError(file)
    }
  }
}
