import Foundation
import Libav
import Probing
import Timing

/// How far the decoding of a file has come.
public struct VerificationProgress: Sendable, Hashable {
  /// Frames decoded.
  public let frames: Int
  /// 0–1 of the length the header claims; nil when it claims none.
  public let fraction: Double?
}

/// How decoding went: counts and trouble; nothing of the media itself.
struct DecodeTally: Sendable {
  private(set) var frames = 0
  private(set) var interlacedFrames = 0
  private(set) var corruptFrames = 0
  /// Frames whose size is not the header's.
  private(set) var changedFrames = 0
  private(set) var faultCount = 0
  private(set) var errorCount = 0
  /// What went wrong, the first few.
  private(set) var messages: [String] = []
  /// Where the first trouble lies, as near as a frame-threaded decoder can tell, in seconds.
  private(set) var troubleStart: Rational?
  private(set) var troubleEnd: Rational?

  /// Messages kept.
  private static let keptMessages = 8

  var isClean: Bool { faultCount == 0 && errorCount == 0 && corruptFrames == 0 && messages.isEmpty }

  mutating func look(at frame: borrowing Frame, info: StreamInfo) {
    frames += 1
    if frame.isInterlaced { interlacedFrames += 1 }
    if frame.isCorrupt {
      corruptFrames += 1
      if troubleStart == nil {
        troubleStart = frame.pts.map { info.timeBase.seconds($0) }
        troubleEnd = frame.pts.map { info.timeBase.seconds($0 + frame.duration) }
      }
    }
    if let video = info.video, video.width != frame.width || video.height != frame.height { changedFrames += 1 }
  }

  /// Remembers where errors were first seen.
  mutating func noteTrouble(in reader: borrowing StreamReader, from start: Rational, to end: Rational?) {
    guard troubleStart == nil else { return }
    if let fault = reader.faults.first {
      troubleStart = fault.time ?? start
      troubleEnd = fault.time == nil ? end : nil
    } else if reader.logErrorCount > 0 {
      troubleStart = start
      troubleEnd = end
    }
  }

  mutating func finish(_ reader: borrowing StreamReader) {
    faultCount += reader.faultCount
    errorCount += reader.logErrorCount
    for fault in reader.faults { keep(fault.message) }
    for message in reader.logMessages where message.severity == .error { keep(message.text) }
  }

  /// Trouble that is known before anything is decoded.
  mutating func noteFault(_ message: String) {
    faultCount += 1
    keep(message)
  }

  private mutating func keep(_ message: String) {
    if messages.count < Self.keptMessages, !messages.contains(message) { messages.append(message) }
  }
}
