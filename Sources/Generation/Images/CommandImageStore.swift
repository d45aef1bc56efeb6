import Files
public import Foundation
import Storyboard

/// The user's upload command: it gets the file as its last argument and prints the public address. All processes that it
/// started end with it.
public struct CommandImageStore: ImageStore {
  public static let variable = "LONGTAKE_UPLOAD_COMMAND"
  /// How long one upload may take.
  public static let timeout: Duration = .seconds(600)
  /// Bytes of output that are read.
  static let outputLimit = 64 << 10

  public let identity: String
  private let command: String
  private let redactor: Redactor
  private let environment: [String: String]

  /// - Parameter command: a shell command. It runs without the services' keys in its environment.
  public init(command: String, environment: [String: String] = ProcessInfo.processInfo.environment) throws {
    guard !command.trimmingCharacters(in: .whitespaces).isEmpty else {
      throw GenerationError(
        .unsupported,
        "The anchor store 'command' needs \(Self.variable). Set it to a command that takes a file and prints its "
          + "public address."
      )
    }
    self.command = command
    identity = Self.digest(of: "command:\(command)")
    self.environment = environment.filter { !ProviderKind.keyVariables.contains($0.key) }
    redactor = Redactor(secrets: ProviderKind.keyVariables.compactMap { environment[$0] })
  }

  public func publish(_ image: ImageUpload) async throws -> String {
    let shell = ShellCommand(
      text: command, name: "upload command", environment: environment, timeout: Self.timeout,
      outputLimit: Self.outputLimit)
    let result = try await shell.run([image.path])
    let output = redactor.clean(result.errors.isEmpty ? result.output : result.errors, limit: 300)
    guard result.status == 0 else {
      throw GenerationError(
        .unavailable, "The upload command failed with status \(result.status)\(output.isEmpty ? "." : ": \(output)")")
    }
    let lines = result.output.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
    guard lines.count == 1, let address = GivenAddress(lines[0]), let origin = Origin(address.url),
      origin.scheme == "https" || origin.isLoopback
    else {
      throw GenerationError(
        .malformedAnswer, "The upload command must print one https address and nothing else. It printed: \(output)")
    }
    return lines[0]
  }
}
