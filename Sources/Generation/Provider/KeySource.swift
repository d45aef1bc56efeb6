import Files
public import Foundation

/// Where a service's key comes from when its environment variable is not set. The key itself is never kept in it.
public enum KeySource: Sendable, Hashable {
  /// A file that holds nothing else, readable by its owner only.
  case file(String)
  /// A shell command that prints it.
  case command(String)

  /// How long a command may take: it may have to ask for a passphrase.
  private static let timeout: Duration = .seconds(120)
  /// Bytes of the longest key.
  private static let longestKey = 4096

  /// Reads the key, without the white space around it.
  /// - Throws: ``GenerationError`` `notAuthorised` naming the file or the command, never its output.
  public func read(environment: [String: String] = ProcessInfo.processInfo.environment) async throws -> String {
    let key =
      switch self {
      case .file(let path): try Self.read(path)
      case .command(let command): try await Self.run(command, environment)
      }
    let trimmed = key.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !trimmed.isEmpty else { throw GenerationError(.notAuthorised, "There is no key in \(description).") }
    return trimmed
  }

  /// Why a key cannot be read; nil when it can. A command is not run.
  public var problem: String? {
    guard case .file(let path) = self else { return nil }
    do {
      _ = try Self.read(path)
      return nil
    } catch {
      return error.message
    }
  }

  private static func read(_ path: String) throws(GenerationError) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw GenerationError(
        .notAuthorised, "The key file \(path.terminalSafe) cannot be read: \(String(cString: strerror(errno))).")
    }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var facts = stat()
    guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
      throw GenerationError(.notAuthorised, "The key file \(path.terminalSafe) is not a file.")
    }
    guard facts.st_mode & 0o077 == 0 else {
      throw GenerationError(
        .notAuthorised, "The key file \(path.terminalSafe) can be read by others. Run: chmod 600 \(path.terminalSafe)")
    }
    guard let data = try? handle.read(upToCount: longestKey + 1), data.count <= longestKey else {
      throw GenerationError(.notAuthorised, "The key file \(path.terminalSafe) holds no key, or more than one.")
    }
    return String(decoding: data, as: UTF8.self)
  }

  private static func run(_ command: String, _ environment: [String: String]) async throws -> String {
    let shell = ShellCommand(
      text: command, name: "key command", environment: environment, timeout: timeout, outputLimit: longestKey)
    let result = try await shell.run()
    guard result.status == 0 else {
      let errors = Redactor(secrets: [result.output.trimmingCharacters(in: .whitespacesAndNewlines)]).clean(
        result.errors, limit: 200)
      throw GenerationError(
        .notAuthorised,
        "The key command \(quoted(command)) failed with status \(result.status)\(errors.isEmpty ? "." : ": \(errors)")")
    }
    return result.output
  }
}

extension KeySource: CustomStringConvertible {
  public var description: String {
    switch self {
    case .file(let path): "the file \(path.terminalSafe)"
    case .command(let command): "the output of \(quoted(command))"
    }
  }
}
