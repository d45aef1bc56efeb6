import Libav
import Probing

/// Decodes wanted frames from one random access point on and stops at the last of them.
///
/// Packets that are not wanted and that nothing refers to are left out. A packet that cannot be decoded is passed over and
/// counted in ``faultCount``.
struct RunDecoder: ~Copyable {
  let demuxer: Demuxer
  let decoder: Decoder
  private let packet: Packet
  private let stream: Int
  private var output = Decoder.Output.ended
  private var isFirst = true
  private var isEnding = false
  private var run = DecodingRun(seeksTo: nil, wanted: [], lastWanted: nil)
  /// Packets that could not be read or decoded.
  private(set) var faultCount = 0

  /// - Parameter delay: frames that the decoder must hold back at least, so that all come out in order.
  init(
    _ demuxer: consuming Demuxer, stream: StreamInfo, delay: Int, threading: Threading = .automatic
  ) throws(LibavError) {
    demuxer.select([stream.index])
    let parameters = try demuxer.parameters(ofStream: stream.index)
    parameters.raiseVideoDelay(to: delay)
    let decoder = try Decoder(parameters, timeBase: stream.timeBase, threading: threading)
    let packet = try Packet()
    self.decoder = decoder
    self.packet = packet
    self.stream = stream.index
    self.demuxer = demuxer
  }

  /// Goes to the start of a run.
  /// - Returns: false when the container cannot seek there.
  mutating func begin(_ run: DecodingRun) -> Bool {
    if let start = run.seeksTo {
      // MPEG streams are searched by decoding time, and any packet will do; the others keep tables of keyframes.
      let isSearched = ["mpegts", "mpeg"].contains(demuxer.container.formatName)
      let time = isSearched ? run.decodedAt ?? start : start
      guard demuxer.seek(stream: stream, notAfter: time) else { return false }
    }
    decoder.flush()
    self.run = run
    isFirst = true
    isEnding = false
    output = .needsInput
    return true
  }

  /// Decodes the run's next wanted frame.
  /// - Returns: false when no more come.
  /// - Throws: ``LibavError``: `other` when the container did not go where it was told to.
  mutating func next(into frame: borrowing Frame) throws(LibavError) -> Bool {
    while output != .ended {
      if output == .needsInput { try feed() }
      do {
        output = try decoder.receive(into: frame)
      } catch {
        faultCount += 1
        output = isEnding && faultCount > Self.mostFaults ? .ended : isEnding ? .frame : .needsInput
        continue
      }
      if output == .frame, isWanted(frame.pts) { return true }
    }
    return false
  }

  /// A drain that fails more often than this is given up.
  private static let mostFaults = 200

  var errorCount: Int { faultCount + decoder.log.errorCount + demuxer.log.errorCount }

  private func isWanted(_ pts: Int64?) -> Bool {
    guard let wanted = run.wanted, let pts else { return true }
    return wanted.contains(pts)
  }

  private mutating func feed() throws(LibavError) {
    guard !isEnding else { return }
    do throws(LibavError) {
      while try demuxer.read(into: packet) {
        guard packet.streamIndex == stream else { continue }
        if isFirst, let start = run.seeksTo, packet.pts != start {
          // Some containers go to a place before the key packet.
          if let time = packet.dts ?? packet.pts, time <= start { continue }
          throw LibavError(.other, "the container went to another place than it was told to")
        }
        isFirst = false
        decoder.skip = isWanted(packet.pts) ? .nothing : .nonReference
        do { _ = try decoder.send(packet) } catch { faultCount += 1 }
        if let last = run.lastWanted, packet.pts == last { break }
        return
      }
    } catch {
      if isFirst, run.seeksTo != nil { throw error }
      faultCount += 1
    }
    isEnding = true
    try? decoder.sendEnd()
  }
}

/// Where decoding begins and what is wanted of it.
struct DecodingRun: Sendable {
  /// Presentation time of the key packet that decoding starts with; nil starts where the file begins, which must have been
  /// opened just now.
  let seeksTo: Int64?
  /// Decoding time of that packet.
  var decodedAt: Int64?
  /// Presentation times; nil wants every frame.
  let wanted: Set<Int64>?
  /// Of the wanted, the one that is decoded last; nil reads to the end.
  let lastWanted: Int64?
}
