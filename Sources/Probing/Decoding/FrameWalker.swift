import Foundation
public import Libav
import Timing

/// Decodes chosen frames of a video, in presentation order, and as little else as possible.
///
/// Decoding starts at the last random access point at or before the frames: an IDR, a CRA, an exact recovery point, any frame
/// of an intra-only codec, a keyframe of VP9 or AV1. Leading frames that cannot be decoded from there and frames that nothing
/// refers to are left out. Every packet is compared with the packet index, and every frame must come out when it is due. When
/// anything differs or a packet cannot be decoded, the remaining frames are decoded from the start of the file instead. Where
/// times are missing or repeated the file is decoded from its start and frames are counted. Either way the result is that of a
/// full decode.
///
/// Not `Sendable`: it owns a demuxer and a decoder.
public struct FrameWalker: ~Copyable {
  /// The treatment of frames that a full decode does not deliver whole.
  public enum DamagePolicy: Sendable {
    /// Reading ends with an error.
    case fail
    /// Missing frames are left out, damaged ones are delivered.
    case accept
  }

  private let path: String
  private let video: PacketIndex
  private let damage: DamagePolicy
  private let threading: Threading
  private let ignoringEdits: Bool
  private let restarts: Bool
  private var demuxer: Demuxer
  private var decoder: Decoder
  private let packet: Packet

  /// Positions in presentation order, ascending.
  private let wanted: [Int]
  /// The first of ``wanted`` that was neither delivered nor passed over.
  private var nextWanted = 0
  /// Positions in presentation order by PTS; empty while frames are counted.
  private let positions: [Int64: Int]
  private var mode: Mode
  private var runs: [Run]
  private var nextRun = 0

  /// The entry of the index that the demuxer delivers next; nil when unknown.
  private var nextEntry: Int?
  /// Whether ``packet`` holds the first packet of the run, not yet decoded.
  private var hasPacket = false
  private var isInRun = false
  private var isDraining = false
  /// Whether packets may still be leading frames of the run's first one.
  private var isLeading = false
  private var output = Decoder.Output.needsInput
  /// Errors that do not count against the run's frames: logged before it began.
  private var earlierErrors = 0
  /// Packets that could not be decoded in this run.
  private var faultCount = 0
  /// Frames decoded so far, while frames are counted.
  private var frameCount = 0

  private enum Mode {
    /// Runs from random access points; anything unexpected ends this mode.
    case seeking
    /// One run from the start of the file, without leaving out any packet.
    case fromStart
    /// The same where times do not identify frames: the n-th frame is number n.
    case counting
  }

  /// Frames that are decoded without a seek between them.
  private struct Run {
    /// Entries of the index: where decoding starts, and the last wanted in decoding order.
    var start: Int
    var last: Int
    var wanted: Set<Int>
  }

  private enum Step {
    case frame(Int)
    case runEnded
    /// The run does not follow the index.
    case unexpected
  }

  /// Packets that are rather read than sought past.
  private static let nearbyPackets = 12
  /// Failures in a row after which draining the decoder is abandoned.
  private static let maximumFaultsWhileDraining = 200
  private static let quotedMessages = 3

  /// - Parameters:
  ///   - video: the file's packet index, read with the same `ignoringEdits`.
  ///   - wanted: positions in presentation order, ascending.
  ///   - restarts: decode from the start of the file when decoding from a random access point does not go as expected;
  ///     otherwise that counts as damage.
  /// - Throws: ``LibavError`` naming the file; `invalidData` when damage is an error and times do not identify frames.
  public init(
    path: String, video: PacketIndex, wanted: [Int], onDamage damage: DamagePolicy = .fail, ignoringEdits: Bool = false,
    restarts: Bool = true, threading: Threading = .automatic
  ) throws(LibavError) {
    try self.init(
      try Demuxer(path: path, ignoringEdits: ignoringEdits, glancing: true), video: video, wanted: wanted,
      onDamage: damage, ignoringEdits: ignoringEdits, restarts: restarts, threading: threading)
  }

  /// - Parameter demuxer: of the file, opened with the same `ignoringEdits`.
  public init(
    _ demuxer: consuming Demuxer, video: PacketIndex, wanted: [Int], onDamage damage: DamagePolicy = .fail,
    ignoringEdits: Bool = false, restarts: Bool = true, threading: Threading = .automatic
  ) throws(LibavError) {
    let path = demuxer.container.path
    let count = video.presentationOrder.count
    guard wanted.allSatisfy({ $0 >= 0 && $0 < count }), zip(wanted, wanted.dropFirst()).allSatisfy(<) else {
      throw LibavError(.invalidData, "has no such frames: they are #0 to #\(count - 1)", file: path)
    }
    guard video.hasUniquePTS || damage == .accept else {
      throw LibavError(.invalidData, "its frames have no unique times, so they cannot be identified", file: path)
    }
    let packet = try Packet()
    let decoder = try Self.decoder(demuxer, video: video, threading: threading)
    mode = video.hasUniquePTS ? .seeking : .counting
    positions = video.positions
    runs =
      video.hasUniquePTS
      ? Self.runs(wanted, in: video) : [Run(start: 0, last: video.entries.count, wanted: Set(wanted))]
    self.path = path
    self.video = video
    self.wanted = wanted
    self.damage = damage
    self.threading = threading
    self.ignoringEdits = ignoringEdits
    self.restarts = restarts
    nextEntry = video.isPartial ? nil : 0
    self.packet = packet
    self.decoder = decoder
    self.demuxer = demuxer
  }

  private static func decoder(
    _ demuxer: borrowing Demuxer, video: PacketIndex, threading: Threading
  ) throws(LibavError) -> Decoder {
    demuxer.select([video.stream.index])
    let parameters = try demuxer.parameters(ofStream: video.stream.index)
    if video.hasUniquePTS { parameters.raiseVideoDelay(to: video.decodingDelay) }
    return try Decoder(parameters, timeBase: video.stream.timeBase, threading: threading)
  }

  /// Wanted frames that are decoded on the way to one another share a run.
  private static func runs(_ wanted: [Int], in video: PacketIndex) -> [Run] {
    var runs: [Run] = []
    for position in wanted {
      let target = video.presentationOrder[position]
      let start = video.randomAccess(before: target) ?? 0
      if let run = runs.last, start <= run.last + 1 {
        runs[runs.count - 1].wanted.insert(position)
        runs[runs.count - 1].last = max(run.last, target)
      } else {
        runs.append(Run(start: start, last: target, wanted: [position]))
      }
    }
    return runs
  }

  /// Decodes the next of the wanted frames.
  /// - Returns: its position in presentation order, or nil after the last.
  /// - Throws: ``LibavError`` naming the file; when damage is an error, `invalidData` for a missing or damaged frame.
  public mutating func next(into frame: borrowing Frame) throws(LibavError) -> Int? {
    do throws(LibavError) {
      while nextWanted < wanted.count, nextRun < runs.count {
        switch try step(into: frame) {
        case .frame(let position): return position
        case .runEnded:
          nextRun += 1
          isInRun = false
        case .unexpected: try startOver()
        }
      }
      return nil
    } catch {
      throw error.about(path)
    }
  }

  /// libav's messages while reading and decoding.
  public var messages: [LogMessage] { demuxer.log.messages + decoder.log.messages }
  /// All of them, those not kept included.
  public var messageCount: Int {
    [demuxer.log, decoder.log].reduce(0) { $0 + $1.errorCount + $1.warningCount }
  }

  /// Decodes the run from an IDR frame, else all that is left in one run from the start of the file.
  private mutating func startOver() throws(LibavError) {
    isInRun = false
    let due = wanted[nextWanted]
    if mode == .seeking, let start = earlierIDR(runs[nextRun].start) {
      runs[nextRun].start = start
      runs[nextRun].wanted = runs[nextRun].wanted.filter { $0 >= due }
      return
    }
    guard restarts, !video.isPartial else {
      if damage == .accept {
        while nextWanted < wanted.count, runs[nextRun].wanted.contains(wanted[nextWanted]) { nextWanted += 1 }
        nextRun += 1
        return
      }
      throw LibavError(.invalidData, "cannot be decoded from the random access point before frame #\(due)", file: path)
    }
    mode = .fromStart
    try reopen()
    // Errors before the frames' own random access point are not theirs.
    let start = runs[nextRun].start
    runs = [Run(start: start, last: video.entries.count, wanted: Set(wanted[nextWanted...]))]
    nextRun = 0
  }

  /// After an H.264 recovery point, leading frames that others refer to are decoded with errors; after an IDR frame none are.
  private func earlierIDR(_ start: Int) -> Int? {
    guard video.entries[start].frame == .recovery, let time = video.entries[start].pts else { return nil }
    return video.entries[..<start].lastIndex {
      $0.isKey && $0.frame == .idr && !$0.isDiscarded && ($0.pts ?? .max) <= time
    }
  }

  private mutating func reopen() throws(LibavError) {
    demuxer = try Demuxer(path: path, ignoringEdits: ignoringEdits, glancing: true)
    decoder = try Self.decoder(demuxer, video: video, threading: threading)
    nextEntry = 0
  }

  private var errorCount: Int { demuxer.log.errorCount + decoder.log.errorCount + faultCount }

  private mutating func step(into frame: borrowing Frame) throws(LibavError) -> Step {
    if !isInRun {
      guard try begin() else { return .unexpected }
      isInRun = true
    }
    while true {
      if output == .needsInput, !isDraining, !(try feed()) { return .unexpected }
      do {
        output = try decoder.receive(into: frame)
      } catch {
        faultCount += 1
        if mode == .seeking { return .unexpected }
        if isDraining, faultCount > Self.maximumFaultsWhileDraining { output = .ended } else { continue }
      }
      switch output {
      case .needsInput where !isDraining: continue
      case .needsInput, .ended: return try runEnded()
      case .frame: if let step = try accept(frame) { return step }
      }
    }
  }

  // MARK: Frames

  /// Nil for a frame that is not wanted.
  private mutating func accept(_ frame: borrowing Frame) throws(LibavError) -> Step? {
    let isWhole = !frame.isCorrupt && errorCount == earlierErrors
    guard mode != .counting else {
      defer { frameCount += 1 }
      guard frameCount == wanted[nextWanted] else { return nil }
      return deliver(frameCount)
    }
    guard let pts = frame.pts, let position = positions[pts], runs[nextRun].wanted.contains(position) else {
      return nil
    }
    let due = wanted[nextWanted]
    if position == due, isWhole { return deliver(position) }
    if mode == .seeking { return .unexpected }
    if damage == .fail {
      throw failure(frame: due, position == due ? "is damaged" : "cannot be decoded")
    }
    guard position >= due, let place = wanted[nextWanted...].firstIndex(of: position) else { return nil }
    nextWanted = place
    return deliver(position)
  }

  private mutating func deliver(_ position: Int) -> Step {
    nextWanted += 1
    return .frame(position)
  }

  /// The decoder has delivered all it had.
  private mutating func runEnded() throws(LibavError) -> Step {
    guard nextWanted < wanted.count, runs[nextRun].wanted.contains(wanted[nextWanted]) else { return .runEnded }
    if mode == .seeking { return .unexpected }
    if damage == .fail { throw failure(frame: wanted[nextWanted], "cannot be decoded") }
    return .runEnded
  }

  private func failure(frame position: Int, _ text: String) -> LibavError {
    LibavError(
      .invalidData, "frame #\(position) of \(video.presentationOrder.count) \(text)", file: path,
      log: decoder.log.messages.suffix(Self.quotedMessages).map(\.text))
  }

  // MARK: Packets

  /// Goes to the start of the run; false when the file does not hold it as the index has it.
  private mutating func begin() throws(LibavError) -> Bool {
    output = .needsInput
    isDraining = false
    isLeading = true
    hasPacket = false
    faultCount = 0
    frameCount = 0
    if mode == .seeking {
      guard try goTo(runs[nextRun].start) else { return false }
      decoder.flush()
    }
    earlierErrors = errorCount
    return true
  }

  /// Reads packets until ``packet`` holds an entry of the index.
  private mutating func goTo(_ start: Int) throws(LibavError) -> Bool {
    if let next = nextEntry, next <= start, start - next <= Self.nearbyPackets { return skip(to: start) }
    if start == 0, !video.isPartial {
      try reopen()
      return skip(to: start)
    }
    for time in seekTimes(to: start) {
      nextEntry = nil
      if demuxer.seek(stream: video.stream.index, notAfter: time), skip(to: start) { return true }
    }
    guard !video.isPartial else { return false }
    try reopen()
    return skip(to: start)
  }

  /// Some containers go by presentation time and some by decoding time, and some stop at a place before the key packet.
  private func seekTimes(to start: Int) -> [Int64] {
    let entry = video.entries[start]
    let name = demuxer.container.formatName
    // MPEG streams are searched by decoding time; the others keep tables of keyframes. MP4 and MOV go to the last key packet
    // that is decoded by then, which must not be a later one.
    let nextKey = video.entries[(start + 1)...].first { $0.isKey }
    let isPassed = name.hasPrefix("mov,") && (nextKey?.dts ?? .max) <= entry.pts ?? .min
    let times = ["mpegts", "mpeg"].contains(name) || isPassed ? [entry.dts, entry.pts] : [entry.pts, entry.dts]
    let known = times.compactMap { $0 }
    return known.first == known.last ? Array(known.prefix(1)) : known
  }

  private mutating func skip(to start: Int) -> Bool {
    let entry = video.entries[start]
    while (try? read()) == true {
      if let next = nextEntry {
        guard matches(next) else { break }
        nextEntry = next + 1
        guard next == start else { continue }
      } else if !matches(start) {
        // Before the place: decoded earlier than the entry that is looked for.
        guard let time = packet.dts ?? packet.pts, time <= entry.dts ?? entry.pts ?? .min else { break }
        continue
      }
      nextEntry = start + 1
      hasPacket = true
      return true
    }
    nextEntry = nil
    return false
  }

  private func matches(_ entry: Int) -> Bool {
    guard video.entries.indices.contains(entry) else { return false }
    let expected = video.entries[entry]
    return packet.pts == expected.pts && packet.size == expected.size && packet.isKey == expected.isKey
  }

  /// The next packet of the video; false at the end of the file.
  private mutating func read() throws(LibavError) -> Bool {
    while try demuxer.read(into: packet) {
      if packet.streamIndex == video.stream.index { return true }
    }
    return false
  }

  /// Gives the decoder its next packet, or its end; false when the packet is not the one that the index has here.
  private mutating func feed() throws(LibavError) -> Bool {
    let run = runs[nextRun]
    while true {
      if hasPacket {
        hasPacket = false
      } else {
        guard try readNext() else {
          if mode == .seeking { return false }
          return drain()
        }
        if mode == .seeking {
          guard let next = nextEntry, matches(next) else { return false }
        }
        nextEntry = nextEntry.map { $0 + 1 }
      }
      let entry = (nextEntry ?? 0) - 1
      if mode != .seeking, entry == run.start { earlierErrors = errorCount }
      // An empty packet would end the decoding.
      guard packet.size > 0, !(mode == .seeking && isUndecodable(entry, of: run)) else { continue }
      decoder.skip = mode == .seeking && !isWanted(packet.pts, in: run) ? .nonReference : .nothing
      do {
        _ = try decoder.send(packet)
      } catch {
        faultCount += 1
        if mode == .seeking { return false }
      }
      return entry == run.last && mode == .seeking ? drain() : true
    }
  }

  private mutating func readNext() throws(LibavError) -> Bool {
    do throws(LibavError) {
      return try read()
    } catch {
      // Packets read before the fault are still decoded.
      if mode != .seeking, damage == .fail { throw error }
      faultCount += 1
      return false
    }
  }

  private mutating func drain() -> Bool {
    isDraining = true
    do {
      try decoder.sendEnd()
    } catch {
      // Of a packet sent earlier, which a thread has only now decoded.
      faultCount += 1
      return mode != .seeking
    }
    return true
  }

  /// Leading frames of the first CRA refer to frames before it.
  private mutating func isUndecodable(_ entry: Int, of run: Run) -> Bool {
    if entry > run.start, video.entries[entry].isKey { isLeading = false }
    return isLeading && video.entries[entry].frame == .rasl
  }

  private func isWanted(_ pts: Int64?, in run: Run) -> Bool {
    pts.flatMap { positions[$0] }.map { run.wanted.contains($0) } ?? false
  }
}
