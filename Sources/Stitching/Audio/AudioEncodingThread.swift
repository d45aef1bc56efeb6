import Foundation
import Libav
import Timing

/// Encodes one audio track of the master on a thread of its own, so that it goes on while the video is copied or encoded.
///
/// Memory is bounded: the thread waits while ``capacity`` packets are queued.
/// `@unchecked Sendable`: all state is guarded by `condition`; the packet source is used by the thread alone.
final class AudioEncodingThread: @unchecked Sendable {
  /// Packets queued at most.
  private static let capacity = 64

  /// Arrays hold no handles.
  private final class Item {
    let packet: Packet
    init(_ packet: consuming Packet) { self.packet = packet }
  }

  /// The encoder's properties, once it is open.
  private final class Properties {
    let parameters: CodecParameters
    let timeBase: TimeBase
    let totalSamples: Int

    init(_ source: borrowing AudioPacketSource) throws {
      parameters = try source.parameters()
      timeBase = source.timeBase
      totalSamples = source.totalSamples
    }
  }

  let track: AudioTrack
  let format: MasterAudioFormat
  private let condition = NSCondition()
  private var queue: [Item] = []
  private var properties: Properties?
  private var failure: (any Error)?
  private var hasEnded = false
  private var isCancelled = false
  private var finalSteps: [AudioStep] = []
  private var finalReduction = 0.0

  init(_ plan: StitchPlan, track: AudioTrack, format: MasterAudioFormat, options: StitchOptions, levels: AudioLevels) {
    self.track = track
    self.format = format
    let thread = Thread { [self] in
      do {
        try run(try AudioPacketSource(plan, track: track, format: format, options: options, levels: levels))
      } catch {
        condition.withLock { failure = error }
      }
      condition.withLock {
        hasEnded = true
        condition.broadcast()
      }
    }
    thread.name = "longtake.audio"
    thread.start()
  }

  private func run(_ source: consuming AudioPacketSource) throws {
    var source = source
    let properties = try Properties(source)
    condition.withLock {
      self.properties = properties
      condition.broadcast()
    }
    while true {
      let packet = try Packet()
      guard try source.next(into: packet) else { break }
      let item = Item(packet)
      let goesOn = condition.withLock {
        while queue.count >= Self.capacity && !isCancelled { condition.wait() }
        queue.append(item)
        condition.broadcast()
        return !isCancelled
      }
      guard goesOn else { return }
    }
    let (steps, reduction) = (source.steps, source.reduction)
    condition.withLock {
      finalSteps = steps
      finalReduction = reduction
    }
  }

  /// Waits until the encoder is open.
  private func opened() throws -> Properties {
    try condition.withLock {
      while true {
        if let properties { return properties }
        if let failure { throw failure }
        condition.wait()
      }
    }
  }

  /// - Throws: whatever the encoding failed with.
  func parameters() throws -> CodecParameters {
    try opened().parameters.copy()
  }

  func timeBase() throws -> TimeBase { try opened().timeBase }
  /// Samples of the whole track.
  func totalSamples() throws -> Int { try opened().totalSamples }

  /// The next packet.
  /// - Returns: false after the last.
  func next(into packet: borrowing Packet) throws -> Bool {
    let item: Item? = try condition.withLock {
      while queue.isEmpty && !hasEnded { condition.wait() }
      guard !queue.isEmpty else {
        if let failure { throw failure }
        return nil
      }
      condition.broadcast()
      return queue.removeFirst()
    }
    packet.clear()
    guard let item else { return false }
    packet.takeOver(item.packet)
    return true
  }

  /// Audio steps at the joins; complete after the last packet.
  var steps: [AudioStep] { condition.withLock { finalSteps } }
  /// The limiter's greatest gain reduction in dB; complete after the last packet.
  var reduction: Double { condition.withLock { finalReduction } }

  /// Ends the encoding soon, and waits for that.
  func cancel() {
    condition.withLock {
      isCancelled = true
      condition.broadcast()
      while !hasEnded { condition.wait() }
    }
  }
}
