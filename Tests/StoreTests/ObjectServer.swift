import Foundation
import Generation
import HTTPTypes
import Support
import Synchronization

@testable import Store

/// Object stores of others, on loopback: SeaweedFS and moto, which `scripts/setup --tests` installs.
///
/// A server ends with this process, whose end closes its standard input.
final class ObjectServer: Sendable {
  struct StartFailure: Error {
    let log: String
  }

  private static let folder = ProjectFiles.path(".build/s3/bin")
  static let isInstalled = ["weed", "moto_server"].allSatisfy {
    FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)")
  }
  /// How long a server may take to answer.
  private static let patience: Duration = .seconds(60)
  private static let seaweedFS = OnceCache<ObjectServer>()
  private static let moto = OnceCache<ObjectServer>()
  private static let keys = ("AKIDTEST", "test/secret+key")

  let port: Int
  private let process: Process
  private let input = Pipe()
  private let folder: URL

  /// One for all tests, with the bucket `films`.
  static func seaweedFS() async throws -> ObjectServer {
    let identity =
      #"{"identities": [{"name": "test", "credentials": [{"accessKey": "\#(keys.0)", "secretKey": "\#(keys.1)"}], "#
      + #""actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}"#
    return try await shared(seaweedFS, ports: 9) { ports in
      let names = [
        "master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
        "s3.port.grpc",
      ]
      return #"""
        printf '%s' '\#(identity)' >"$folder/s3.json"
        "\#(Self.folder)/weed" server -dir="$folder" -ip=127.0.0.1 -ip.bind=127.0.0.1 -filer -s3 -s3.config="$folder/s3.json" \
          -s3.port=\#(ports[0]) -s3.port.iceberg=0 -s3.port.lance=0 -volume.max=8 -master.volumeSizeLimitMB=64 \
          -master.telemetry=false \#(zip(names, ports.dropFirst()).map { "-\($0)=\($1)" }.joined(separator: " "))
        """#
    }
  }

  /// One for all tests, with the bucket `films`. It takes any signature.
  static func moto() async throws -> ObjectServer {
    try await shared(moto, ports: 1) { #""\#(Self.folder)/moto_server" -H 127.0.0.1 -p \#($0[0])"# }
  }

  func environment(secret: String? = nil) -> [String: String] {
    [
      "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(port)", "AWS_ACCESS_KEY_ID": Self.keys.0,
      "AWS_SECRET_ACCESS_KEY": secret ?? Self.keys.1,
    ]
  }

  /// A store in the bucket `films`, of this test alone.
  func store() throws -> S3Store {
    try S3Store("s3://films/\(UUID().uuidString)", environment: environment())
  }

  // MARK: - Start

  private static func shared(
    _ cache: OnceCache<ObjectServer>, ports: Int, _ command: @Sendable @escaping ([Int]) -> String
  ) async throws -> ObjectServer {
    let server = try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(
          with: Result {
            try cache.value(for: "") {
              let ports = try freePorts(ports)
              return try ObjectServer(ports[0], command(ports))
            }.value
          })
      }
    }
    try await server.makeBucket()
    return server
  }

  /// Ports that nobody listens on, for programs that do not choose one themselves; below those that the system gives to
  /// connections, of which the servers open some before they listen.
  private static func freePorts(_ count: Int) throws -> [Int] {
    let script = """
      import random, socket
      sockets = []
      while len(sockets) < \(count):
          try:
              sockets.append(socket.create_server(("127.0.0.1", random.randrange(12000, 30000))))
          except OSError:
              pass
      print(*(one.getsockname()[1] for one in sockets))
      """
    return try OutsideProgram.runAndWait("python3", ["-c", script]).text.split(whereSeparator: \.isWhitespace)
      .compactMap { Int($0) }
  }

  private init(_ port: Int, _ command: String) throws {
    self.port = port
    folder = FileManager.default.temporaryDirectory.appending(path: "longtake-test-\(UUID().uuidString)")
    process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = [
      "-c",
      """
      folder=$0
      mkdir "$folder"
      cd "$folder"
      \(command) >"$folder/log" 2>&1 </dev/null &
      read -r _
      kill -9 $!
      wait 2>/dev/null
      rm -rf "$folder"
      """, folder.path(percentEncoded: false),
    ]
    process.standardInput = input
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  /// Once the server answers.
  private func makeBucket() async throws {
    let store = try S3Store("s3://films", environment: environment(), retry: .init(attempts: 1))
    defer { store.close() }
    let request = S3Request(method: .put, key: nil, action: "make the bucket")
    let start = ContinuousClock.now
    while .now - start < Self.patience {
      if let answer = try? await store.client.once(request) {
        // 409: it is there.
        if answer.isSuccess || answer.status == 409 { return }
      }
      try await Task.sleep(for: .milliseconds(100))
    }
    let log = try? String(contentsOf: folder.appending(path: "log"), encoding: .utf8)
    throw StartFailure(log: String((log ?? "").suffix(2000)))
  }
}
