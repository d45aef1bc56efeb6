import Files
import Foundation
import Libav
import Synchronization
import Timing

/// Checked between frames; set from any thread.
final class CancellationFlag: Sendable {
  private let stopped = Mutex(false)

  func stop() { stopped.withLock { $0 = true } }
  var isStopped: Bool { stopped.withLock { $0 } }
}

/// A clip to be rendered.
struct Clip: Sendable {
  let order: ClipRequest
  let size: FrameSize
  let seed: Seed
  let start: RenderedFrame?
  let end: RenderedFrame?
}

/// Renders clips: frames through x264, audio through AAC, into MP4. The same clip gives the same bytes.
struct ClipRenderer: Sendable {
  /// Written into every file.
  static let notice = "longtake sandbox: rendered by a simulator, not by a model"
  static let framesPerSecond = 24

  /// Maximum frames between keyframes.
  private static let gopLength = 72
  /// x264's constant rate factor: about 25 Mb/s at 3840×2160.
  private static let quality = "23"
  /// Fast, with the features of delivered clips: High profile, B-frames, CABAC, deblocking. No look-ahead and no frame
  /// threads: they cost memory.
  private static let encoderTuning =
    "sliced-threads=1:b-adapt=0:8x8dct=1:cabac=1:ref=1:rc-lookahead=0:sync-lookahead=0:deblock=1,0,0:scenecut=40"
  /// Fixed: the bytes depend on it.
  private static let encoderThreads = 2
  private static let audioBitRate: Int64 = 192_000

  /// Renders a clip into a file that appears only when it is complete. Blocks until then.
  /// - Throws: `CancellationError` when `stop` was set.
  func render(_ clip: Clip, to path: String, stop: CancellationFlag) throws {
    guard let rate = FrameRate(Int64(Self.framesPerSecond)), let tick = TimeBase(1, Int64(Self.framesPerSecond)) else {
      return
    }
    let output = try OutputFile(path, overwrite: true)
    let video = try Encoder(Self.videoSettings(clip.size, rate: rate, tick: tick))
    var muxer = try Muxer(
      path: output.temporaryPath, format: "mp4",
      metadata: ["comment": Self.notice, "encoder": Self.notice, "title": "sandbox clip"])
    let videoStream = try muxer.addStream(try video.parameters(), timeBase: rate.mediaTimeBase, frameRate: rate)
    var audio = clip.order.hasAudio ? try AudioTrack(clip, muxer: &muxer, bitRate: Self.audioBitRate) : nil
    try muxer.writeHeader(options: ["movflags": "+faststart", "fflags": "+bitexact"])
    let packet = try Packet()
    let target = try Frame(width: clip.size.width, height: clip.size.height, format: .yuv420p, color: .bt709)
    var index = 0
    let grain = Grain(seed: clip.seed, width: clip.size.width)
    for (number, scene) in clip.order.scenes.enumerated() {
      if stop.isStopped { throw CancellationError() }
      let script = SceneScript(
        scene: scene, seed: clip.seed.derived("scene \(number)"), size: clip.size,
        start: number == 0 ? clip.start : nil, end: number == clip.order.scenes.count - 1 ? clip.end : nil,
        framesPerSecond: Self.framesPerSecond)
      for frame in 0..<script.frames {
        if stop.isStopped { throw CancellationError() }
        try Self.fill(target, SceneFrame(views: script.views(at: frame), index: index, grain: grain))
        target.pts = Int64(index)
        try video.send(target)
        try Self.drain(video, packet, into: muxer, stream: videoStream)
        index += 1
        try audio?.write(until: index, of: Self.framesPerSecond, into: muxer)
      }
    }
    try video.sendEnd()
    try Self.drain(video, packet, into: muxer, stream: videoStream)
    try audio?.finish(into: muxer)
    try muxer.finish()
    try output.commit()
  }

  private static func videoSettings(_ size: FrameSize, rate: FrameRate, tick: TimeBase) -> VideoEncoding {
    var settings = VideoEncoding(
      encoder: "libx264", width: size.width, height: size.height, pixelFormat: .yuv420p, timeBase: tick,
      frameRate: rate)
    settings.color = .bt709
    settings.gopLength = gopLength
    settings.bFrames = 2
    settings.threads = encoderThreads
    settings.options = ["preset": "ultrafast", "crf": quality, "x264-params": encoderTuning]
    return settings
  }

  private static func fill(_ frame: borrowing Frame, _ scene: SceneFrame) throws {
    try frame.makeWritable()
    for plane in 0..<3 {
      let (width, height) = frame.planeSize(plane)
      frame.withMutablePlane(plane) { bytes, stride in
        bytes.withUnsafeMutableBufferPointer { buffer in
          scene.render(
            plane: plane, width: width, height: height, into: PlaneRows(buffer, stride: stride, width: width))
        }
      }
    }
  }

  /// Writes the packets that are ready; x264 leaves their durations to the caller.
  private static func drain(
    _ encoder: borrowing Encoder, _ packet: borrowing Packet, into muxer: borrowing Muxer, stream: Int
  ) throws {
    while try encoder.receive(into: packet) {
      packet.duration = 1
      try muxer.write(packet, stream: stream, timeBase: encoder.timeBase)
    }
  }
}

/// Encodes a clip's audio into the file.
private struct AudioTrack: ~Copyable {
  private let encoder: Encoder
  private let packet: Packet
  private let stream: Int
  private let format: AudioFormat
  private let total: Int
  private var ambience: AmbientAudio
  private var written = 0

  init(_ clip: Clip, muxer: inout Muxer, bitRate: Int64) throws {
    let format = AudioFormat(sampleRate: AmbientAudio.sampleRate, layout: .stereo)
    let encoder = try Encoder(AudioEncoding(encoder: "aac", format: format, bitRate: bitRate))
    let packet = try Packet()
    let parameters = try encoder.parameters()
    stream = try muxer.addStream(parameters, timeBase: encoder.timeBase)
    self.format = format
    self.encoder = encoder
    self.packet = packet
    total = clip.order.seconds * AmbientAudio.sampleRate + AmbientAudio.offset(seed: clip.seed)
    ambience = AmbientAudio(seed: clip.seed)
  }

  /// Encodes the audio up to a frame.
  mutating func write(until frames: Int, of rate: Int, into muxer: borrowing Muxer) throws {
    while written + encoder.frameSize <= min(total, frames * AmbientAudio.sampleRate / rate) {
      try write(encoder.frameSize, into: muxer)
    }
  }

  mutating func finish(into muxer: borrowing Muxer) throws {
    while written < total { try write(min(encoder.frameSize, total - written), into: muxer) }
    try encoder.sendEnd()
    try drain(into: muxer)
  }

  private mutating func write(_ count: Int, into muxer: borrowing Muxer) throws {
    let frame = try Frame(audio: format, sampleCount: count)
    var left = [Float](repeating: 0, count: count)
    var right = left
    for index in 0..<count {
      let sample = ambience.next()
      left[index] = sample.x
      right[index] = sample.y
    }
    for (channel, samples) in [left, right].enumerated() {
      frame.withMutableSamples(channel) { target in
        for index in 0..<count { target[index] = samples[index] }
      }
    }
    frame.pts = Int64(written)
    written += count
    try encoder.send(frame)
    try drain(into: muxer)
  }

  private func drain(into muxer: borrowing Muxer) throws {
    while try encoder.receive(into: packet) {
      try muxer.write(packet, stream: stream, timeBase: encoder.timeBase)
    }
  }
}
