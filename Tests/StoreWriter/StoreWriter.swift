import Foundation
import Store

#if canImport(Glibc)
  import Glibc
#endif

/// A process that writes to a store, for tests of several at once and of the memory it takes.
///
///     store-writer URL claim KEY NAME        puts NAME if absent; prints 1 when it won
///     store-writer URL count KEY TIMES       adds one to the number in KEY, TIMES times, by compare and swap
///     store-writer URL upload KEY FILE       prints the peak memory in bytes
///     store-writer URL download KEY FILE     prints the peak memory in bytes
@main struct StoreWriter {
  struct Failure: Error {}

  static func main() async {
    do {
      try await run(Array(CommandLine.arguments.dropFirst()))
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      exit(1)
    }
  }

  private static func run(_ arguments: [String]) async throws {
    guard arguments.count == 4 else { throw Failure() }
    let store = try ObjectStores.open(arguments[0], environment: ProcessInfo.processInfo.environment)
    defer { store.close() }
    let (key, last) = (arguments[2], arguments[3])
    switch arguments[1] {
    case "claim": print(try await store.put(key, .bytes(Array(last.utf8)), if: .absent) == nil ? 0 : 1)
    case "count":
      for _ in 0..<(Int(last) ?? 0) { try await increment(store, key) }
    case "upload":
      guard try await store.put(key, .file(path: last), if: .absent) != nil else { throw Failure() }
      print(peakMemory)
    case "download":
      guard try await store.download(key, to: last) else { throw Failure() }
      print(peakMemory)
    default: throw Failure()
    }
  }

  private static func increment(_ store: any ObjectStore, _ key: String) async throws {
    while true {
      guard let object = try await store.get(key, limit: 1000) else { throw Failure() }
      // The writer's name makes its own content known if an answer is lost.
      let words = String(decoding: object.bytes, as: UTF8.self).split(separator: " ")
      let next = "\((Int(words.first ?? "") ?? 0) + 1) \(UUID().uuidString)"
      if try await store.put(key, .bytes(Array(next.utf8)), if: .matches(object.tag)) != nil { return }
    }
  }

  /// Bytes of resident memory at most; 0 where the system does not say. `getrusage` would count those of the parent.
  private static var peakMemory: Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
  }
}
