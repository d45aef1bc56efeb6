import Dispatch
import Foundation
import Libav
import Synchronization

/// The same work on many files, several at a time.
enum Batch {
  private struct State {
    var next = 0
    var failure: ExitStatus?
  }

  /// Does the work for each number below `count`. A failure is told and the others go on; the first one's status is thrown.
  /// - Parameter body: told its number and how many threads it may use.
  static func run(_ count: Int, jobs: Int, _ body: @escaping @Sendable (Int, Threading) throws -> Void) throws {
    let state = Mutex(State())
    let workers = min(jobs, count)
    let cores = ProcessInfo.processInfo.activeProcessorCount
    let threading: Threading = workers > 1 ? .count(max(1, cores / workers)) : .automatic
    @Sendable func work() {
      while true {
        let number = state.withLock { state in
          defer { state.next += 1 }
          return state.next
        }
        guard number < count else { return }
        do {
          try body(number, threading)
        } catch {
          let status = (error as? ExitStatus) ?? Failure.report(error)
          state.withLock { $0.failure = $0.failure ?? status }
        }
      }
    }
    if workers > 1 {
      DispatchQueue.concurrentPerform(iterations: workers) { _ in work() }
    } else {
      work()
    }
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }
}

/// Names of outputs made from the names of inputs, no two alike.
struct OutputNames {
  private let names: [String]

  init(of files: [String]) {
    let stems = files.map { URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent }
    var taken = Set(stems.map { $0.lowercased() })
    var seen: Set<String> = []
    names = stems.map { stem in
      if seen.insert(stem.lowercased()).inserted { return stem }
      var number = 2
      while !taken.insert("\(stem)-\(number)".lowercased()).inserted { number += 1 }
      return "\(stem)-\(number)"
    }
  }

  subscript(_ index: Int) -> String { names[index] }

  /// Makes a folder unless it is there.
  static func makeFolder(_ path: String) throws {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
      guard isFolder.boolValue else {
        throw UsageError("\(path): is a file; name a folder to write into", status: .cannotCreate)
      }
      return
    }
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw UsageError("\(path): the folder cannot be created", status: .cannotCreate)
    }
  }
}
