import Foundation
import Libav

/// A thread of its own for analysers of whole frames, so that decoding goes on meanwhile.
///
/// Memory is bounded: whoever hands in a frame waits while ``capacity`` frames wait already.
/// `@unchecked Sendable`: all state is guarded by `gate`; the analysers are touched by the lane's thread alone until
/// ``finish()`` has seen it end.
final class AnalysisThread: @unchecked Sendable {
  /// Frames that may wait; one of 4K takes 12 MB at 8 bits.
  private static let capacity = 2

  /// A second owner of a frame on its way to the other thread.
  private final class Waiting {
    let frame: Frame
    let facts: FrameFacts
    let analysers: [any FrameAnalyser]

    init(_ frame: consuming Frame, _ facts: FrameFacts, _ analysers: [any FrameAnalyser]) {
      self.frame = frame
      self.facts = facts
      self.analysers = analysers
    }
  }

  private let gate = NSCondition()
  private var queue: [Waiting] = []
  private var isClosed = false
  private var hasEnded = false

  init() {
    let thread = Thread { [self] in run() }
    thread.name = "longtake.analysis"
    thread.start()
  }

  /// Hands over a frame; waits while the lane is full.
  func add(_ frame: borrowing Frame, _ facts: FrameFacts, to analysers: [any FrameAnalyser]) throws(LibavError) {
    guard !analysers.isEmpty else { return }
    let waiting = Waiting(try frame.share(), facts, analysers)
    gate.lock()
    while queue.count >= Self.capacity && !isClosed { gate.wait() }
    if !isClosed { queue.append(waiting) }
    gate.broadcast()
    gate.unlock()
  }

  /// Returns when everything handed in has been looked at, or at once for what still waits when `discarding`.
  func finish(discarding: Bool = false) {
    gate.lock()
    isClosed = true
    if discarding { queue.removeAll() }
    gate.broadcast()
    while !hasEnded { gate.wait() }
    gate.unlock()
  }

  private func run() {
    while let next = take() {
      for analyser in next.analysers { analyser.look(at: next.frame, next.facts) }
    }
    gate.lock()
    hasEnded = true
    gate.broadcast()
    gate.unlock()
  }

  private func take() -> Waiting? {
    gate.lock()
    defer { gate.unlock() }
    while queue.isEmpty && !isClosed { gate.wait() }
    guard !queue.isEmpty else { return nil }
    let next = queue.removeFirst()
    gate.broadcast()
    return next
  }
}
