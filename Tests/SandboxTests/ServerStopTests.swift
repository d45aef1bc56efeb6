import Foundation
import Sandbox
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct ServerStopTests {
  /// A connection that was accepted and not yet served ended the process with a trap.
  @Test func stopsWhileConnectionsArrive() async throws {
    let rounds = 30
    var reachable = 0
    for _ in 0..<rounds {
      let server = try SandboxServer(SandboxServer.Configuration())
      let port = try await server.start()
      await withTaskGroup { group in
        for _ in 0..<4 {
          group.addTask {
            let connections = (0..<50).compactMap { _ in Self.connection(to: port) }
            for connection in connections { close(connection) }
          }
        }
        await server.stop()
      }
      if let connection = Self.connection(to: port) {
        reachable += 1
        close(connection)
      }
    }
    // A server of another test may have been given the free port since.
    #expect(reachable < rounds / 3)
  }

  /// A connected socket; nil when nobody listens.
  private static func connection(to port: Int) -> Int32? {
    #if canImport(Glibc)
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else {
      close(descriptor)
      return nil
    }
    return descriptor
  }
}
