import Foundation
package import Libav

/// A thread for analysers of full frames, so that decoding continues meanwhile.
///
/// Memory is bounded: ``add(_:_:to:)`` blocks while ``capacity`` frames are queued.
/// `@unchecked Sendable`: all state is guarded by `condition`; the analysers are used by this thread alone until
/// ``finish(discarding:)`` returns.
package final class AnalysisThread: @unchecked Sendable {
  /// Frames queued at most; one of 4K takes 12 MB at 8 bits.
  private static let capacity = 2

  /// A reference to a frame on its way to the other thread.
  private final class Item {
    let frame: Frame
    let origin: FrameOrigin
    let analysers: [any FrameAnalyser]

    init(_ frame: consuming Frame, _ origin: FrameOrigin, _ analysers: [any FrameAnalyser]) {
      self.frame = frame
      self.origin = origin
      self.analysers = analysers
    }
  }

  private let condition = NSCondition()
  private var queue: [Item] = []
  private var isClosed = false
  private var hasEnded = false

  package init() {
    let thread = Thread { [self] in run() }
    thread.name = "longtake.analysis"
    thread.start()
  }

  /// Queues a frame; blocks while the queue is full.
  package func add(_ frame: borrowing Frame, _ origin: FrameOrigin, to analysers: [any FrameAnalyser])
    throws(LibavError)
  {
    guard !analysers.isEmpty else { return }
    let item = Item(try frame.share(), origin, analysers)
    condition.lock()
    while queue.count >= Self.capacity && !isClosed { condition.wait() }
    if !isClosed { queue.append(item) }
    condition.broadcast()
    condition.unlock()
  }

  /// Returns when all queued frames are analysed, or after the current one when `discarding`.
  package func finish(discarding: Bool = false) {
    condition.lock()
    isClosed = true
    if discarding { queue.removeAll() }
    condition.broadcast()
    while !hasEnded { condition.wait() }
    condition.unlock()
  }

  private func run() {
    while let next = take() {
      for analyser in next.analysers { analyser.add(next.frame, next.origin) }
    }
    condition.lock()
    hasEnded = true
    condition.broadcast()
    condition.unlock()
  }

  private func take() -> Item? {
    condition.lock()
    defer { condition.unlock() }
    while queue.isEmpty && !isClosed { condition.wait() }
    guard !queue.isEmpty else { return nil }
    let next = queue.removeFirst()
    condition.broadcast()
    return next
  }
}
