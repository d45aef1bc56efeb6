import Timing

/// The decoders of a ``StreamReader``, one lane per chosen stream. Arrays cannot hold handles, so each is in a class instance.
struct DecoderLanes {
  private final class Lane {
    let decoder: Decoder
    var isDraining = false
    var hasEnded = false
    init(_ decoder: consuming Decoder) { self.decoder = decoder }
  }

  private var lanes: [Lane] = []
  private(set) var streams: [Int] = []
  private(set) var timeBases: [TimeBase] = []

  mutating func append(_ decoder: consuming Decoder, stream: Int, timeBase: TimeBase) {
    lanes.append(Lane(decoder))
    streams.append(stream)
    timeBases.append(timeBase)
  }

  func lane(ofStream index: Int) -> Int? { streams.firstIndex(of: index) }

  /// The first lane whose decoder may still hold frames; its end is signalled.
  func firstUndrained() -> Int? {
    guard let index = lanes.firstIndex(where: { !$0.hasEnded }) else { return nil }
    let lane = lanes[index]
    if !lane.isDraining {
      lane.isDraining = true
      // An error is of a packet sent earlier, which a thread has only now decoded; the frames after it still come.
      try? lane.decoder.sendEnd()
    }
    return index
  }

  func send(_ packet: borrowing Packet, lane: Int) throws(LibavError) -> Bool { try lanes[lane].decoder.send(packet) }

  /// - Returns: false when the decoder needs more packets or has ended.
  func receive(into frame: borrowing Frame, lane index: Int) throws(LibavError) -> Bool {
    let lane = lanes[index]
    switch try lane.decoder.receive(into: frame) {
    case .frame: return true
    case .needsInput:
      if lane.isDraining { lane.hasEnded = true }
      return false
    case .ended:
      lane.hasEnded = true
      return false
    }
  }

  func end(_ lane: Int) { lanes[lane].hasEnded = true }

  func flush() {
    for lane in lanes {
      lane.decoder.flush()
      lane.isDraining = false
      lane.hasEnded = false
    }
  }

  func setSkip(_ skip: DecodeSkip, lane: Int) { lanes[lane].decoder.skip = skip }

  var messages: [LogMessage] { lanes.flatMap { $0.decoder.log.messages } }
  var errorCount: Int { lanes.reduce(0) { $0 + $1.decoder.log.errorCount } }
}
