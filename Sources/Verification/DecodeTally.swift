import Foundation
import Libav
import Probing
import Timing

/// How far the decoding of a file has come.
public struct VerificationProgress: Sendable, Hashable {
  /// Pictures decoded.
  public let frames: Int
  /// 0–1 of the length the header claims; nil when it claims none.
  public let fraction: Double?
}

/// What decoding the main picture and the main sound to their ends gave; nothing of the media itself is kept.
struct DecodeTally: Sendable {
  private(set) var frames = 0
  private(set) var interlacedFrames = 0
  private(set) var corruptFrames = 0
  /// Pictures whose size or format is not the header's.
  private(set) var changedFrames = 0
  /// Samples of each channel.
  private(set) var samples: Int64 = 0
  /// Greatest magnitude of a sample, 1 at full scale.
  private(set) var peak: Float = 0
  /// Sum of the squares of all channels' samples, and how many.
  private(set) var energy = 0.0
  private(set) var energySamples: Int64 = 0
  private(set) var faultCount = 0
  private(set) var errorCount = 0
  /// What went wrong, the first few.
  private(set) var messages: [String] = []
  /// Where the first trouble lies, as near as a frame-threaded decoder can tell, in seconds.
  private(set) var troubleStart: Rational?
  private(set) var troubleEnd: Rational?

  /// Messages kept.
  private static let keptMessages = 8
  /// Frames between two reports of progress, and two looks at whether the task is cancelled.
  private static let progressInterval = 8

  var isClean: Bool { faultCount == 0 && errorCount == 0 && corruptFrames == 0 && messages.isEmpty }

  /// Root mean square of all samples in dB of full scale; nil for digital silence or no sound.
  var rmsDecibels: Double? {
    energySamples > 0 && energy > 0 ? 10 * log10(energy / Double(energySamples)) : nil
  }
  var peakDecibels: Double? { peak > 0 ? 20 * log10(Double(peak)) : nil }

  /// Decodes a file that `report` describes.
  /// - Throws: ``LibavError`` when it cannot be opened any more, `CancellationError`.
  init(_ report: ProbeReport, progress: ((VerificationProgress) -> Void)?) throws {
    noteUnknownCodecs(report)
    let wanted = [report.video, report.audio].compactMap(\.self)
    for stream in wanted where stream.decoder == nil {
      note("stream \(stream.info.index): libav has no decoder that takes this \(stream.info.codecName)")
    }
    let streams = wanted.filter { $0.decoder != nil }.map(\.info.index)
    guard !streams.isEmpty else { return }
    var reader = try StreamReader(try Demuxer(path: report.container.path), streams: streams)
    let frame = try Frame()
    var meter = SoundMeter()
    var position = Rational.zero
    var count = 0
    while let index = try reader.next(into: frame) {
      let info = report.streams[index].info
      if let time = frame.pts.map({ info.timeBase.seconds($0) }), time.isDefined {
        noteTrouble(in: reader, from: position, to: max(position, time))
        if index == report.mainVideo || report.mainVideo == nil { position = max(position, time) }
      }
      if info.kind == .video {
        look(at: frame, info: info)
      } else {
        try meter.listen(to: frame)
      }
      count += 1
      if count % Self.progressInterval == 0 {
        try Task.checkCancellation()
        progress?(VerificationProgress(frames: frames, fraction: Self.fraction(position, of: report)))
      }
    }
    noteTrouble(in: reader, from: position, to: nil)
    finish(reader)
    samples = meter.samples
    peak = meter.peak
    energy = meter.energy
    energySamples = meter.energySamples
    progress?(VerificationProgress(frames: frames, fraction: 1))
  }

  private mutating func look(at frame: borrowing Frame, info: StreamInfo) {
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
  private mutating func noteTrouble(in reader: borrowing StreamReader, from start: Rational, to end: Rational?) {
    guard troubleStart == nil else { return }
    if let fault = reader.faults.first {
      troubleStart = fault.time ?? start
      troubleEnd = fault.time == nil ? end : nil
    } else if reader.logErrorCount > 0 {
      troubleStart = start
      troubleEnd = end
    }
  }

  private mutating func finish(_ reader: borrowing StreamReader) {
    faultCount += reader.faultCount
    errorCount += reader.logErrorCount
    for fault in reader.faults { note(fault.message, counted: true) }
    for message in reader.logMessages where message.severity == .error { note(message.text, counted: true) }
  }

  private mutating func noteUnknownCodecs(_ report: ProbeReport) {
    for stream in report.streams where stream.info.codecName == "unknown" {
      guard stream.info.kind == .audio || stream.info.kind == .video else { continue }
      note("stream \(stream.info.index): the file does not say how this \(stream.info.kind.rawValue) is coded")
    }
  }

  private mutating func note(_ message: String, counted: Bool = false) {
    if !counted { faultCount += 1 }
    if messages.count < Self.keptMessages, !messages.contains(message) { messages.append(message) }
  }

  private static func fraction(_ position: Rational, of report: ProbeReport) -> Double? {
    guard let duration = report.container.durationFromHeader, duration.isPositive else { return nil }
    return min(1, max(0, (position / duration).doubleValue))
  }
}
