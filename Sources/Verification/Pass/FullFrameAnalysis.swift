import Libav
import Probing
import Timing

/// Hands a few whole frames of the video to the analysers that look at them on a thread of their own.
final class FullFrameAnalysis {
  private let lane: AnalysisThread?
  private let texture: TextureAnalyser?
  private let native: NativeAnalyser?
  private var anyChooser: FrameChooser
  private var keyChooser: FrameChooser

  init(_ video: StreamInfo?, work: Work, duration: Rational?) {
    let start = video.flatMap { video in video.startTime.map { video.timeBase.seconds($0) } }
    anyChooser = FrameChooser(start: start, duration: duration)
    keyChooser = anyChooser
    texture = video != nil && work.contains(.textures) ? TextureAnalyser() : nil
    native = video != nil && work.contains(.native) ? NativeAnalyser() : nil
    lane = texture == nil && native == nil ? nil : AnalysisThread()
  }

  private var analysers: [any FrameAnalyser] {
    let all: [(any FrameAnalyser)?] = [texture, native]
    return all.compactMap(\.self)
  }

  func look(at frame: borrowing Frame, info: StreamInfo, packets: MediaIndexBuilder) throws(LibavError) {
    guard let lane else { return }
    let time = frame.pts.map { info.timeBase.seconds($0) }
    let isKey = frame.isKey
    let takesAny = anyChooser.wants(time)
    let takesKey = isKey && keyChooser.wants(time)
    guard takesAny || takesKey else { return }
    let pts = frame.pts
    let bytes = packets.entries(ofStream: info.index).last { $0.pts == pts && pts != nil }?.size
    let facts = FrameFacts(time: time, isKey: isKey, codedBytes: bytes, codecName: info.codecName)
    try lane.add(frame, facts, to: analysers.filter { $0.wantsOnlyKeyframes ? takesKey : takesAny })
  }

  /// Waits for the analysers.
  func finish() -> (textures: TextureReading?, native: NativeReading?) {
    lane?.finish()
    return (texture?.reading, native?.reading)
  }

  /// Lets go of what still waits; harmless after ``finish()``.
  func abandon() { lane?.finish(discarding: true) }
}
