import Dispatch
import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// A program that is started once and then runs in a fork for each call: for `ffmpeg`, whose libraries take the dynamic
/// loader 0.1 s of CPU, that is ten times as fast. `fork_server.c` says how.
///
/// Linux only; elsewhere, and without a C compiler, there is none and the program is started as usual.
final class ForkServer: Sendable {
  private static let servers = OnceCache<ForkServer?>()
  private static let library = OnceCache<String?>()
  /// Static values are not destroyed at exit, so their folder is removed by ``removeFolder()``.
  private static let folder: Result<ScratchFolder, any Error> = {
    atexit { ForkServer.removeFolder() }
    return Result { try ScratchFolder() }
  }()

  private let socketPath: String
  private let program: String
  /// The server ends when this end of its standard input is closed.
  private let input: Pipe
  private let process: Process

  /// The server of a program of the search path; nil where there is none.
  static func of(_ program: String) -> ForkServer? {
    guard ["ffmpeg", "ffprobe"].contains(program) else { return nil }
    return (try? servers.value(for: program) { try? ForkServer(program) })?.value
  }

  private init(_ program: String) throws {
    let folder = try Self.folder.get()
    guard let library = try Self.library.value(for: "", make: { try Self.compile(in: folder) }).value,
      let file = Self.file(of: program)
    else { throw CocoaError(.featureUnsupported) }
    self.program = program
    socketPath = folder.path(program)
    input = Pipe()
    process = Process()
    process.executableURL = URL(filePath: file)
    process.environment = ProcessInfo.processInfo.environment.merging([
      "LD_PRELOAD": library, "FORK_SERVER": socketPath,
    ]) { _, new in new }
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    guard try output.fileHandleForReading.read(upToCount: 6) == Data("ready\n".utf8) else {
      throw CocoaError(.featureUnsupported)
    }
  }

  /// The shared object made of `fork_server.c`; nil when it cannot be made here.
  private static func compile(in folder: ScratchFolder) throws -> String? {
    #if os(Linux)
      let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "fork_server.c")
      let library = folder.path("fork_server.so")
      for compiler in ["clang", "cc"] {
        guard let file = Self.file(of: compiler) else { continue }
        let process = Process()
        process.executableURL = URL(filePath: file)
        process.arguments = ["-shared", "-fPIC", "-O1", "-o", library, source.path(percentEncoded: false)]
        try process.run()
        process.waitUntilExit()
        if process.terminationStatus == 0 { return library }
      }
    #endif
    return nil
  }

  private static func removeFolder() {
    if let folder = try? folder.get() { try? FileManager.default.removeItem(at: folder.url) }
  }

  private static func file(of program: String) -> String? {
    ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":").map { "\($0)/\(program)" }.first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
  }

  /// Runs the program to its end and blocks the calling thread until then.
  ///
  /// - Parameters:
  ///   - folder: its working directory.
  ///   - input, output, errors: paths of files that exist.
  /// - Returns: its exit status, or the number of the signal that ended it; nil when the server did not answer.
  func run(_ arguments: [String], in folder: String, input: String, output: String, errors: String) -> Int32? {
    #if os(Linux)
      let connection = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      guard connection >= 0 else { return nil }
      defer { close(connection) }
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      let path = Array(socketPath.utf8)
      guard path.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
      let connected = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(connection, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      guard connected == 0 else { return nil }
      var request: [UInt8] = []
      for string in [folder, input, output, errors, program] + arguments { request += string.utf8 + [0] }
      var sent = 0
      while sent < request.count {
        let count = request[sent...].withUnsafeBytes {
          send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { return nil }
        sent += count
      }
      shutdown(connection, Int32(SHUT_WR))
      var status: Int32 = 0
      guard recv(connection, &status, 4, Int32(MSG_WAITALL)) == 4 else { return nil }
      let signal = status & 0x7f
      return signal == 0 ? status >> 8 & 0xff : signal
    #else
      return nil
    #endif
  }
}
