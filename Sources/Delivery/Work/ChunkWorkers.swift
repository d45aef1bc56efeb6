import Foundation
import Presets
import Synchronization

/// Encodes the chunks of a version on several threads, each chunk on one.
///
/// `@unchecked Sendable` because the threads wait for each other with a time limit, which `Mutex` does not offer: every
/// variable is read and written under `condition`, or before the first thread starts; the rest are `Sendable` constants.
final class ChunkWorkers: @unchecked Sendable {
  /// Seconds between two reports of progress.
  private static let reportInterval = 0.25

  private let condition = NSCondition()
  private var waiting: [Int]
  private var done: [Int: ChunkEncoder.Written] = [:]
  private var failure: (any Error)?
  private var frames = 0
  private var running = 0
  private var isCancelled = false

  private let encoder: ChunkEncoder
  private let chunks: [Range<Int>]
  private let folder: WorkFolder

  init(_ encoder: ChunkEncoder, chunks: [Range<Int>], folder: WorkFolder, done: [Int: ChunkEncoder.Written]) {
    self.encoder = encoder
    self.chunks = chunks
    self.folder = folder
    self.done = done
    waiting = chunks.indices.filter { done[$0] == nil }
  }

  static func name(_ chunk: Int, container: String) -> String {
    let digits = String(chunk)
    return "chunk-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits + "." + container
  }

  /// Blocks until every chunk is written.
  /// - Parameter progress: called on this thread with the frames encoded since the start.
  /// - Throws: what an encoder failed with, once all have stopped; `CancellationError` when the task is cancelled.
  func run(threads: Int, progress: (Int) -> Void) throws -> [ChunkEncoder.Written] {
    running = min(threads, waiting.count)
    for number in 0..<running {
      let thread = Thread { [self] in work() }
      thread.name = "longtake.encoder-\(number)"
      // As the main thread has: some codecs need it.
      thread.stackSize = 8 << 20
      thread.start()
    }
    while true {
      let (isRunning, frames) = condition.withLock {
        if running > 0 { _ = condition.wait(until: Date(timeIntervalSinceNow: Self.reportInterval)) }
        if Task.isCancelled { isCancelled = true }
        return (running > 0, self.frames)
      }
      progress(frames)
      if !isRunning { break }
    }
    try Task.checkCancellation()
    return try condition.withLock {
      if let failure { throw failure }
      return chunks.indices.compactMap { done[$0] }
    }
  }

  private func work() {
    while let chunk = next() {
      let result = Result {
        try folder.write(Self.name(chunk, container: encoder.plan.recipe.container.rawValue)) { path in
          try encoder.encode(chunks[chunk], to: path) { try frameDone() }
        }
      }
      condition.withLock {
        switch result {
        case .success(let written): done[chunk] = written
        case .failure(let error):
          if failure == nil, !(error is CancellationError) { failure = error }
          isCancelled = true
        }
      }
    }
    condition.withLock {
      running -= 1
      condition.broadcast()
    }
  }

  private func next() -> Int? {
    condition.withLock { isCancelled || waiting.isEmpty ? nil : waiting.removeFirst() }
  }

  private func frameDone() throws {
    try condition.withLock {
      frames += 1
      if isCancelled { throw CancellationError() }
    }
  }
}
