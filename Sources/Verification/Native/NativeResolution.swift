import Libav
public import Probing

/// Runs a ``NativeResolutionEstimator`` over a file's keyframes, and decodes no others.
public enum NativeResolution {
  /// Samples keyframes of the main video stream, spread evenly.
  /// - Parameters:
  ///   - index: the file's packet index, when it was read already.
  ///   - progress: called before each frame with its number and how many there are.
  /// - Throws: ``LibavError``: `noSuchStream` without video, `invalidData` when no keyframe can be decoded, others when the
  ///   file cannot be read; `CancellationError` when the task is cancelled.
  public static func estimate(
    path: String, index: MediaIndex? = nil, progress: ((_ number: Int, _ count: Int) -> Void)? = nil
  ) throws -> NativeResolutionReport {
    let index = try index ?? MediaIndex(path: path, videoOnly: true, glancing: true)
    guard let video = index.video else {
      throw LibavError(.noSuchStream, "no video stream", file: path)
    }
    guard !video.entries.isEmpty else {
      throw LibavError(.invalidData, index.readError ?? "no frames", file: path)
    }
    var estimator = NativeResolutionEstimator()
    let chosen = keyPackets(of: video, count: NativeThresholds.keyFrames)
    var reader = try KeyframeReader(path: path, video: video)
    var decoded = 0
    for (number, position) in chosen.enumerated() {
      try Task.checkCancellation()
      progress?(number, chosen.count)
      let frame = try Frame()
      guard try reader.read(position, into: frame) else { continue }
      decoded += 1
      try estimator.add(frame, bytes: video.entries[position].size, codec: video.stream.codecName)
    }
    guard decoded > 0 || chosen.isEmpty else {
      throw LibavError(.invalidData, "no keyframe can be decoded", file: path, log: reader.lastMessages)
    }
    return estimator.estimate()
  }

  /// Positions in file order of up to `count` presented keyframes: the middle ones of equal shares.
  static func keyPackets(of video: PacketIndex, count: Int) -> [Int] {
    let keys = video.entries.indices.filter { video.entries[$0].isKey && !video.entries[$0].isDiscarded }
    guard keys.count > count else { return keys }
    return (0..<count).map { keys[(2 * $0 + 1) * keys.count / (2 * count)] }
  }
}

/// Decodes single key packets of a file.
struct KeyframeReader: ~Copyable {
  private var demuxer: Demuxer
  private let decoder: Decoder
  private let packet: Packet
  private let video: PacketIndex
  private let path: String
  /// Position in file order of the packet that would be read next; nil when it is not known.
  private var next: Int? = 0
  /// Whether the container goes where it is told.
  private var canSeek = true

  /// Packets that are sooner read than sought for.
  private static let nearby = 30
  private static let keptMessages = 3

  init(path: String, video: PacketIndex) throws(LibavError) {
    let demuxer = try Demuxer(path: path, purpose: .copying)
    demuxer.select([video.stream.index])
    let decoder = try Decoder(
      try demuxer.parameters(ofStream: video.stream.index), timeBase: video.stream.timeBase, threading: .slices(0))
    packet = try Packet()
    self.decoder = decoder
    self.video = video
    self.path = path
    self.demuxer = demuxer
  }

  var lastMessages: [String] { decoder.log.messages.suffix(Self.keptMessages).map(\.text) }

  /// Decodes the packet at a position in file order.
  /// - Returns: false when it cannot be decoded, or not wholly.
  mutating func read(_ position: Int, into frame: borrowing Frame) throws(LibavError) -> Bool {
    guard try fetch(position) else { return false }
    decoder.flush()
    let errors = decoder.log.errorCount
    do {
      _ = try decoder.send(packet)
      try decoder.sendEnd()
      guard try decoder.receive(into: frame) == .frame else { return false }
    } catch {
      return false
    }
    return !frame.isCorrupt && decoder.log.errorCount == errors
  }

  private mutating func fetch(_ position: Int) throws(LibavError) -> Bool {
    if canSeek, next.map({ position < $0 || position > $0 + Self.nearby }) ?? true {
      if try sought(position) { return true }
      canSeek = false
      demuxer = try Demuxer(path: path, purpose: .copying)
      demuxer.select([video.stream.index])
      next = 0
    }
    while let current = next, current <= position, try readPacket() {
      next = current + 1
      if current == position { return matches(position) }
    }
    return false
  }

  private mutating func sought(_ position: Int) throws(LibavError) -> Bool {
    guard let time = video.entries[position].dts ?? video.entries[position].pts,
      demuxer.seek(stream: video.stream.index, notAfter: time), try readPacket(), matches(position)
    else { return false }
    next = position + 1
    return true
  }

  private func readPacket() throws(LibavError) -> Bool {
    while try demuxer.read(into: packet) {
      if packet.streamIndex == video.stream.index { return true }
    }
    return false
  }

  private func matches(_ position: Int) -> Bool {
    let entry = video.entries[position]
    return packet.pts == entry.pts && packet.size == entry.size
  }
}
