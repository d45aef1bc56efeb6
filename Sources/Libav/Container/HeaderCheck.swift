import CLibav
import Timing

/// Holds a file's header against the limits.
struct HeaderCheck {
  private let limits: MediaLimits
  private let path: String

  init(_ limits: MediaLimits, path: String) {
    self.limits = limits
    self.path = path
  }

  /// - Throws: ``LibavError`` `tooLarge`.
  func check(_ context: UnsafePointer<AVFormatContext>) throws(LibavError) {
    let context = context.pointee
    let count = Int(context.nb_streams)
    guard count <= limits.streams else {
      throw limits.exceeded(.streams, "has \(count) streams", file: path)
    }
    try checkDuration(timestamp(context.duration).map { TimeBase.microseconds.seconds($0) })
    let isMovie = string(context.iformat?.pointee.name)?.hasPrefix("mov,") ?? false
    var packets: Int64 = 0
    for index in 0..<count {
      guard let stream = context.streams[index] else { continue }
      try checkDuration(
        timestamp(stream.pointee.duration).flatMap { TimeBase(Rational(stream.pointee.time_base))?.seconds($0) })
      // Of MP4 and MOV, libav drops a table that it has no memory for, and keeps the count; other counts are only claims.
      let listed = isMovie ? min(stream.pointee.nb_frames, Int64(Int32.max)) : 0
      packets += max(Int64(avformat_index_get_entries_count(stream)), listed)
      let parameters = stream.pointee.codecpar.pointee
      let pixels = Int64(max(0, parameters.width)) * Int64(max(0, parameters.height))
      guard pixels <= limits.pixels else {
        throw limits.exceeded(
          .pixels, "its frames have \(parameters.width)x\(parameters.height) = \(pixels) pixels", file: path)
      }
    }
    guard packets <= Int64(limits.packets) else {
      throw limits.exceeded(.packets, "its table lists \(packets) packets", file: path)
    }
  }

  /// A duration that cannot be computed is beyond all limits.
  private func checkDuration(_ duration: Rational?) throws(LibavError) {
    guard let duration, duration > Rational(limits.duration) || !duration.isDefined else { return }
    let text = duration.floor.map { "\($0)" } ?? "countless"
    throw limits.exceeded(.duration, "its header gives a duration of \(text) seconds", file: path)
  }

  /// Why the header could not be read.
  func error(status: Int32, log: MessageLog) -> LibavError {
    if log.newest(5).contains(where: { $0.contains("max_streams") }) {
      return limits.exceeded(.streams, "has more streams than are read", file: path)
    }
    if status == lt_error_no_memory {
      return limits.exceeded(.memory, "its header asks for a table of too many bytes", file: path)
    }
    return LibavError(status: status, doing: "cannot open as media", file: path, log: log)
  }
}

/// Counts what is read from a file against the limits.
final class ReadMeter {
  /// Packets between looks at the clock.
  private static let step = 256

  private let limits: MediaLimits
  private let start = ContinuousClock.now
  private var packets = 0

  init(_ limits: MediaLimits) { self.limits = limits }

  /// - Throws: ``LibavError`` `tooLarge`.
  func count(_ path: String) throws(LibavError) {
    packets += 1
    guard packets <= limits.packets else {
      throw limits.exceeded(.packets, "has \(packets) packets", file: path)
    }
    guard packets % Self.step == 0 else { return }
    let seconds = start.duration(to: .now).components.seconds
    guard seconds <= limits.decodeTime else {
      throw limits.exceeded(.decodeTime, "took \(seconds) seconds to read", file: path)
    }
  }
}
