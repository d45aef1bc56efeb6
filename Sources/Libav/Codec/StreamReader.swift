public import Timing

/// Decodes chosen streams of a file from the start, or from a seek, to the end.
///
/// A packet that cannot be decoded does not end the reading: as in the ffmpeg program, the next one is tried; the failures
/// are in ``faults``. A read error before the end is a fault too, and ends the reading.
public struct StreamReader: ~Copyable {
  /// Something that could not be decoded or read.
  public struct Fault: Sendable, Hashable {
    /// Nil when reading the file itself failed.
    public let stream: Int?
    /// Decoding time of the packet in seconds, when it has one.
    public let time: Rational?
    public let message: String
  }

  public let demuxer: Demuxer
  /// One lane per chosen stream, in the order asked for.
  private var lanes: DecoderLanes
  private let packet: Packet
  private var reachedEnd = false
  /// The lane whose decoder may hold more frames.
  private var pending: Int?
  /// Failures in order; at most ``maximumFaults``, so that a hostile file cannot fill the memory.
  public private(set) var faults: [Fault] = []
  /// All failures, those not kept included.
  public private(set) var faultCount = 0
  /// Packets read of the chosen streams.
  public private(set) var packetCount = 0
  /// Why reading the file stopped before its end, if it did.
  public private(set) var readError: String?

  /// - Parameters:
  ///   - streams: indexes of streams that libav can decode.
  ///   - readsAll: read the other streams' packets too, for callers that look at packets.
  public init(
    _ demuxer: consuming Demuxer, streams: [Int], readsAll: Bool = false, threading: Threading = .automatic
  ) throws(LibavError) {
    if !readsAll { demuxer.select(Set(streams)) }
    var lanes = DecoderLanes()
    for index in streams {
      let info = demuxer.streams[index]
      let decoder = try Decoder(
        try demuxer.parameters(ofStream: index), timeBase: info.timeBase, threading: threading)
      lanes.append(decoder, stream: index, timeBase: info.timeBase)
    }
    packet = try Packet()
    self.lanes = lanes
    self.demuxer = demuxer
  }

  /// Decodes the next frame of any chosen stream.
  /// - Parameter seePacket: called with every packet on its way into the decoders.
  /// - Returns: the stream's index, or nil at the end.
  public mutating func next(
    into frame: borrowing Frame, seeing seePacket: (borrowing Packet) -> Void = { _ in }
  ) throws(LibavError) -> Int? {
    while true {
      if let lane = pending {
        if receive(lane, into: frame) { return lanes.streams[lane] }
        pending = nil
      }
      if reachedEnd {
        guard let lane = lanes.firstUndrained() else { return nil }
        pending = lane
        continue
      }
      do {
        guard try demuxer.read(into: packet) else {
          reachedEnd = true
          continue
        }
      } catch {
        note(Fault(stream: nil, time: nil, message: error.reason))
        readError = error.reason
        reachedEnd = true
        continue
      }
      seePacket(packet)
      guard let lane = lanes.lane(ofStream: packet.streamIndex) else { continue }
      packetCount += 1
      // An empty packet would end the decoding.
      guard packet.size > 0 else { continue }
      send(lane)
      pending = lane
    }
  }

  /// Goes to the last key packet of a stream not after `time` (ticks of that stream) and drops all decoder state.
  /// - Returns: false when the container cannot seek there.
  public mutating func seek(stream: Int, notAfter time: Int64) -> Bool {
    guard demuxer.seek(stream: stream, notAfter: time) else { return false }
    lanes.flush()
    reachedEnd = false
    pending = nil
    return true
  }

  /// Frames of a stream to skip from now on.
  public mutating func setSkip(_ skip: DecodeSkip, stream: Int) {
    guard let lane = lanes.lane(ofStream: stream) else { return }
    lanes.setSkip(skip, lane: lane)
  }

  /// Errors that libav logged while reading and decoding, with their text.
  public var logMessages: [LogMessage] { demuxer.log.messages + lanes.messages }
  public var logErrorCount: Int { demuxer.log.errorCount + lanes.errorCount }

  private mutating func send(_ lane: Int) {
    do {
      _ = try lanes.send(packet, lane: lane)
    } catch {
      note(fault(error, lane: lane))
    }
  }

  private mutating func receive(_ lane: Int, into frame: borrowing Frame) -> Bool {
    do {
      return try lanes.receive(into: frame, lane: lane)
    } catch {
      note(fault(error, lane: lane))
      return reachedEnd ? receiveAfterFault(lane, into: frame) : false
    }
  }

  /// While draining, a fault in one frame must not lose those after it.
  private mutating func receiveAfterFault(_ lane: Int, into frame: borrowing Frame) -> Bool {
    for _ in 0..<Self.faultsWhileDraining {
      do {
        return try lanes.receive(into: frame, lane: lane)
      } catch {
        note(fault(error, lane: lane))
      }
    }
    lanes.end(lane)
    return false
  }

  private mutating func note(_ fault: Fault) {
    faultCount += 1
    if faults.count < Self.maximumFaults { faults.append(fault) }
  }

  private func fault(_ error: LibavError, lane: Int) -> Fault {
    let time = packet.dts.map { lanes.timeBases[lane].seconds($0) }
    return Fault(stream: lanes.streams[lane], time: reachedEnd ? nil : time, message: error.description)
  }

  public static let maximumFaults = 200

  /// A drain that fails more often than this in a row is abandoned.
  private static let faultsWhileDraining = 64
}
