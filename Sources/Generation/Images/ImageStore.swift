public import Foundation

/// A place where images become readable for a model.
public protocol ImageStore: Sendable {
  /// Tells one place from another: what was uploaded to one need not be uploaded to it again.
  var identity: String { get }
  /// Whether an address is worth remembering.
  var keepsAddresses: Bool { get }

  /// Makes an image readable and gives its address.
  func publish(_ image: LocalImage) async throws -> String
  /// Ends connections.
  func close() async throws
}

extension ImageStore {
  public var keepsAddresses: Bool { true }
  public func close() async throws {}
}

/// A provider's own storage.
public struct ProviderImageStore: ImageStore {
  public let identity: String
  private let provider: any Provider
  private let isOwner: Bool

  /// - Parameter isOwner: whether closing the store closes the provider, because it was opened for the store alone.
  public init(_ provider: any Provider, identity: String, isOwner: Bool) {
    self.provider = provider
    self.identity = identity
    self.isOwner = isOwner
  }

  public func publish(_ image: LocalImage) async throws -> String { try await provider.publish(image) }
  public func close() async throws { if isOwner { try await provider.close() } }
}

/// The image itself as a `data:` address (RFC 2397), for models that take one.
public struct DataImageStore: ImageStore {
  public let identity = "data"
  /// The address is the image: it is made again each time.
  public let keepsAddresses = false

  public init() {}

  public func publish(_ image: LocalImage) async throws -> String {
    "data:\(image.mediaType);base64,\(try image.bytes().base64EncodedString())"
  }
}

/// The user's own command: given the file as its last argument, it prints the public address.
public struct CommandImageStore: ImageStore {
  public static let variable = "LONGTAKE_UPLOAD_COMMAND"
  /// How long one upload may take.
  public static let patience: Duration = .seconds(600)
  /// Bytes of output that are read.
  static let outputLimit = 64 << 10

  public var identity: String { "command:\(command)" }
  private let command: String
  private let redactor: Redactor
  private let environment: [String: String]
  /// The services' keys, which are no business of the command's.
  private static let keys = ["OXEN_API_KEY", "FAL_KEY"]

  /// - Parameter command: as a shell reads it. It is run without the services' keys in its environment.
  public init(command: String, environment: [String: String] = ProcessInfo.processInfo.environment) throws {
    guard !command.trimmingCharacters(in: .whitespaces).isEmpty else {
      throw GenerationError(
        .unsupported,
        "The anchor store 'command' needs \(Self.variable): a command that is given a file and prints its public address."
      )
    }
    self.command = command
    self.environment = environment.filter { !Self.keys.contains($0.key) }
    redactor = Redactor(secrets: Self.keys.compactMap { environment[$0] })
  }

  public func publish(_ image: LocalImage) async throws -> String {
    let ended = try await run(image.path)
    let said = redactor.clean(ended.errors.isEmpty ? ended.output : ended.errors, limit: 300)
    guard ended.status == 0 else {
      throw GenerationError(
        .unavailable, "The upload command ended with status \(ended.status)\(said.isEmpty ? "." : ": \(said)")")
    }
    let lines = ended.output.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
    guard lines.count == 1, let url = URL(string: lines[0]), let origin = Origin(url),
      origin.scheme == "https" || origin.isLoopback
    else {
      throw GenerationError(
        .malformedAnswer, "The upload command has to print one https address and nothing else; it printed: \(said)")
    }
    return lines[0]
  }

  private struct Ended: Sendable {
    let status: Int32
    let output: String
    let errors: String
  }

  private func run(_ path: String) async throws -> Ended {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("longtake-upload-\(UUID().uuidString)")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "\(command) \"$1\"", "sh", path]
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    let files = ["out", "err"].map { folder.appendingPathComponent($0) }
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for file in files { try Data().write(to: file) }
      process.standardOutput = try FileHandle(forWritingTo: files[0])
      process.standardError = try FileHandle(forWritingTo: files[1])
    } catch {
      throw GenerationError(.localFile, "Cannot write in \(Redactor.escape(folder.path)) for the upload command.")
    }
    defer { try? FileManager.default.removeItem(at: folder) }
    let (ends, end) = AsyncStream.makeStream(of: Int32.self)
    process.terminationHandler = { process in
      end.yield(process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus)
      end.finish()
    }
    do { try process.run() } catch { throw GenerationError(.localFile, "Cannot start /bin/sh for the upload command.") }
    let id = process.processIdentifier
    let late = GenerationError(
      .timedOut, "The upload command was not done within \(Self.patience.inSeconds) s and was ended.")
    do {
      let status = try await withDeadline(Self.patience, throwing: late) { () async throws -> Int32 in
        for await status in ends { return status }
        throw CancellationError()
      }
      func text(_ file: URL) -> String {
        let handle = try? FileHandle(forReadingFrom: file)
        let data = (try? handle?.read(upToCount: Self.outputLimit)) ?? nil
        try? handle?.close()
        return String(decoding: data ?? Data(), as: UTF8.self)
      }
      return Ended(status: status, output: text(files[0]), errors: text(files[1]))
    } catch {
      kill(id, SIGTERM)
      throw error
    }
  }
}
