import Libav
import Probing
import Timing

/// Counts and errors of a decoding pass.
struct DecodeStatistics: Sendable {
  private(set) var frames = 0
  private(set) var interlacedFrames = 0
  private(set) var corruptFrames = 0
  /// Frames whose size differs from the header's.
  private(set) var changedFrames = 0
  private(set) var faultCount = 0
  /// Error messages of decoders and demuxer.
  private(set) var messageCount = 0
  /// Distinct errors and messages, the first ``keptMessages``.
  private(set) var messages: [String] = []
  /// Seconds: where the first error lies, to the precision of a frame-threaded decoder.
  private(set) var errorStart: Rational?
  private(set) var errorEnd: Rational?

  private static let keptMessages = 8

  var isClean: Bool { faultCount == 0 && messageCount == 0 && corruptFrames == 0 && messages.isEmpty }

  mutating func add(_ frame: borrowing Frame, info: StreamInfo) {
    frames += 1
    if frame.isInterlaced { interlacedFrames += 1 }
    if frame.isCorrupt {
      corruptFrames += 1
      if errorStart == nil {
        errorStart = frame.pts.map { info.timeBase.seconds($0) }
        errorEnd = frame.pts.map { info.timeBase.seconds($0 + frame.duration) }
      }
    }
    if let video = info.video, video.width != frame.width || video.height != frame.height { changedFrames += 1 }
  }

  /// Notes the place of the first error.
  mutating func noteErrors(in reader: borrowing StreamReader, from start: Rational, to end: Rational?) {
    guard errorStart == nil else { return }
    if let fault = reader.faults.first {
      errorStart = fault.time ?? start
      errorEnd = fault.time == nil ? end : nil
    } else if reader.logErrorCount > 0 {
      errorStart = start
      errorEnd = end
    }
  }

  mutating func finish(_ reader: borrowing StreamReader) {
    faultCount += reader.faultCount
    messageCount += reader.logErrorCount
    for fault in reader.faults { keep(fault.message) }
    for message in reader.logMessages where message.severity == .error { keep(message.text) }
  }

  /// Counts an error found before decoding.
  mutating func addFault(_ message: String) {
    faultCount += 1
    keep(message)
  }

  private mutating func keep(_ message: String) {
    if messages.count < Self.keptMessages, !messages.contains(message) { messages.append(message) }
  }
}
