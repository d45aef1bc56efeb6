import Libav
import Probing
import Timing

/// Passes full frames to their analysers on another thread: every frame for levels, sampled ones for the others.
final class FullFrameAnalysis {
  private let thread: AnalysisThread?
  private let texture: TextureAnalyser?
  private let native: NativeAnalyser?
  private let levels: LevelsAnalyser?
  private var anySampler: FrameSampler
  private var keySampler: FrameSampler

  init(_ video: StreamInfo?, _ analyses: Analyses, duration: Rational?) {
    let start = video.flatMap { video in video.startTime.map { video.timeBase.seconds($0) } }
    anySampler = FrameSampler(start: start, duration: duration)
    keySampler = anySampler
    texture = video != nil && analyses.contains(.textures) ? TextureAnalyser() : nil
    native = video != nil && analyses.contains(.native) ? NativeAnalyser() : nil
    let rate = video.map(\.averageFrameRate).flatMap { $0.isPositive ? $0 : nil }
    levels =
      video != nil && analyses.contains(.levels)
      ? LevelsAnalyser(frameDuration: rate.map { Rational.one / $0 } ?? Rational(1, 24)) : nil
    thread = texture == nil && native == nil && levels == nil ? nil : AnalysisThread()
  }

  private var analysers: [any FrameAnalyser] {
    let all: [(any FrameAnalyser)?] = [texture, native]
    return all.compactMap(\.self)
  }

  func add(_ frame: borrowing Frame, info: StreamInfo, packets: MediaIndexBuilder) throws(LibavError) {
    guard let thread else { return }
    let time = frame.pts.map { info.timeBase.seconds($0) }
    let isKey = frame.isKey
    let takesAny = anySampler.takes(time)
    let takesKey = isKey && keySampler.takes(time)
    guard takesAny || takesKey || levels != nil else { return }
    let pts = frame.pts
    let bytes = packets.entries(ofStream: info.index).last { $0.pts == pts && pts != nil }?.size
    let origin = FrameOrigin(time: time, isKey: isKey, codedBytes: bytes, codecName: info.codecName)
    let sampling = analysers.filter { $0.wantsOnlyKeyframes ? takesKey : takesAny }
    try thread.add(frame, origin, to: sampling + (levels.map { [$0] } ?? []))
  }

  /// Waits for the analysers.
  func finish() -> (textures: TextureReading?, native: NativeReading?, levels: LevelsReading?) {
    thread?.finish()
    return (texture?.reading, native?.reading, levels?.reading)
  }

  /// Discards what is still queued; harmless after ``finish()``.
  func cancel() { thread?.finish(discarding: true) }
}
