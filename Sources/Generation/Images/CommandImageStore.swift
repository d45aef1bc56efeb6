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
    let result = try await run(image.path)
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

  private struct CommandResult: Sendable {
    let status: Int32
    let output: String
    let errors: String
  }

  private func run(_ path: String) async throws -> CommandResult {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("longtake-upload-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw GenerationError(.localFile, "Cannot write the upload command's output in \(folder.path.terminalSafe).")
    }
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["out", "err"].map { folder.appendingPathComponent($0) }
    let process = try GroupedProcess(
      "/bin/sh", ["-c", "\(command) \"$1\"", "sh", path], environment: environment, output: files[0].path,
      errors: files[1].path)
    let status: Int32
    do {
      let timeoutError = GenerationError(
        .timedOut, "The upload command took longer than \(Self.timeout.inSeconds) s and was stopped.")
      status = try await withDeadline(Self.timeout, on: ContinuousClock(), throwing: timeoutError) {
        try await process.status()
      }
      await process.endGroup()
    } catch {
      await process.endGroup()
      throw error
    }
    func text(_ file: URL) -> String {
      let handle = try? FileHandle(forReadingFrom: file)
      let data = (try? handle?.read(upToCount: Self.outputLimit)) ?? nil
      try? handle?.close()
      return String(decoding: data ?? Data(), as: UTF8.self)
    }
    return CommandResult(status: status, output: text(files[0]), errors: text(files[1]))
  }
}
