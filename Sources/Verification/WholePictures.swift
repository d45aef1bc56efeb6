import Libav
import Probing
import Timing

/// Hands a few whole pictures of the film to the analysers that look at them on a thread of their own.
final class WholePictures {
  private let lane: AnalysisLane?
  private let texture: TextureAnalyser?
  private let native: NativeAnalyser?
  private var anyChooser: PictureChooser
  private var keyChooser: PictureChooser

  init(_ film: StreamInfo?, work: Work, duration: Rational?) {
    let start = film.flatMap { film in film.startTime.map { film.timeBase.seconds($0) } }
    anyChooser = PictureChooser(start: start, duration: duration)
    keyChooser = anyChooser
    texture = film != nil && work.contains(.textures) ? TextureAnalyser() : nil
    native = film != nil && work.contains(.native) ? NativeAnalyser() : nil
    lane = texture == nil && native == nil ? nil : AnalysisLane()
  }

  private var analysers: [any PictureAnalyser] {
    let all: [(any PictureAnalyser)?] = [texture, native]
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
    let facts = PictureFacts(time: time, isKey: isKey, codedBytes: bytes, codecName: info.codecName)
    try lane.add(frame, facts, to: analysers.filter { $0.wantsOnlyKeyPictures ? takesKey : takesAny })
  }

  /// Waits for the analysers.
  func finish() -> (textures: TextureReading?, native: NativeReading?) {
    lane?.finish()
    return (texture?.reading, native?.reading)
  }

  /// Lets go of what still waits; harmless after ``finish()``.
  func abandon() { lane?.finish(discarding: true) }
}
