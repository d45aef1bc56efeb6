import Foundation
import Libav

/// A thread of its own for analysers of whole pictures, so that decoding goes on meanwhile.
///
/// Memory is bounded: whoever hands in a picture waits while ``capacity`` pictures wait already.
/// `@unchecked Sendable`: all state is guarded by `gate`; the analysers are touched by the lane's thread alone until
/// ``finish()`` has seen it end.
final class AnalysisLane: @unchecked Sendable {
  /// Pictures that may wait; one of 4K takes 12 MB at 8 bits.
  private static let capacity = 2

  /// A second owner of a picture on its way to the other thread.
  private final class Waiting {
    let picture: Frame
    let facts: PictureFacts
    let analysers: [any PictureAnalyser]

    init(_ picture: consuming Frame, _ facts: PictureFacts, _ analysers: [any PictureAnalyser]) {
      self.picture = picture
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

  /// Hands over a picture; waits while the lane is full.
  func add(_ picture: borrowing Frame, _ facts: PictureFacts, to analysers: [any PictureAnalyser]) throws(LibavError) {
    guard !analysers.isEmpty else { return }
    let waiting = Waiting(try picture.share(), facts, analysers)
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
      for analyser in next.analysers { analyser.look(at: next.picture, next.facts) }
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
