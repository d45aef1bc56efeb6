import Foundation

/// Why a file could not be written: a code, what was being done, and the file.
public struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Kinds of failure; grows without breaking callers, so it is a struct.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    /// A file stands under the final name already, or came up meanwhile.
    public static let outputExists = Code("output exists")
    /// The folder is missing or read-only, or a folder has the name.
    public static let cannotCreate = Code("cannot create output")
    public static let diskFull = Code("disk full")
    public static let permissionDenied = Code("permission denied")
    public static let notFound = Code("file not found")
    public static let inputOutput = Code("input/output error")
  }

  public let code: Code
  public let message: String
  public let file: String

  public init(_ code: Code, _ message: String, file: String) {
    self.code = code
    self.message = message
    self.file = file
  }

  /// From an `errno` value.
  public init(errno code: Int32, doing action: String, file: String) {
    let kind: Code =
      switch code {
      case ENOSPC, EDQUOT: .diskFull
      case EACCES, EPERM, EROFS: .permissionDenied
      case ENOENT, ENOTDIR, ENAMETOOLONG, ELOOP: .notFound
      default: .inputOutput
      }
    self.init(kind, "\(action): \(String(cString: strerror(code)))", file: file)
  }

  /// From an error of Foundation's file operations; nil for any other.
  /// - Parameter file: nil for the one that the error names.
  public init?(foundation error: any Error, file: String? = nil) {
    let error = error as NSError
    guard error.domain == NSCocoaErrorDomain else { return nil }
    let underlying = error.userInfo[NSUnderlyingErrorKey].flatMap { $0 as? any Error }.map { $0 as NSError }
    let named = error.userInfo[NSFilePathErrorKey] as? String ?? (error.userInfo[NSURLErrorKey] as? URL)?.path
    let file = file ?? named ?? "a file"
    if let underlying, underlying.domain == NSPOSIXErrorDomain, let code = Int32(exactly: underlying.code) {
      self.init(errno: code, doing: "reading or writing", file: file)
    } else {
      self.init(.inputOutput, error.localizedDescription, file: file)
    }
  }

  /// Runs Foundation's file operations and names the file in what they throw.
  public static func rethrowing<Value>(_ path: String, _ work: () throws -> Value) throws(FileError) -> Value {
    do {
      return try work()
    } catch {
      throw FileError(foundation: error, file: path)
        ?? FileError(.inputOutput, error.localizedDescription, file: path)
    }
  }

  public var description: String { "\(file): \(message)" }
}
