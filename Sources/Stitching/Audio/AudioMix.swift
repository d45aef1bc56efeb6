import Libav
import Timing

/// The master's audio before encoding: the shots' audio, retimed with their frames, the music bed, gain and limiter. It is produced in blocks, so
/// that memory does not grow with the length.
struct AudioMix: ~Copyable {
  /// Samples of a block.
  private static let blockSize = 4096

  private var shots: JoinedAudio
  private var retimed: RetimedAudio
  private var music: MusicBed?
  private var level: LevelStage
  private var hasEnded = false

  init(
    _ plan: StitchPlan, track: AudioTrack = .main, options: StitchOptions, format: MasterAudioFormat,
    levels: AudioLevels
  ) throws {
    let total = format.sample(atFrame: plan.frameCount, rate: plan.rate)
    let retimed = try RetimedAudio(plan.retiming, format: format.audioFormat, totalSamples: total)
    let music: MusicBed? =
      if track == .main, let music = options.audio.music {
        try MusicBed(music, format: format, total: total)
      } else {
        nil
      }
    shots = JoinedAudio(plan, track: track, format: format, crossfade: options.audioCrossfade)
    level = LevelStage(levels, channels: format.channels, sampleRate: format.sampleRate)
    self.retimed = retimed
    self.music = music
  }

  /// Audio steps at the joins passed so far, without music.
  var steps: [AudioStep] { shots.steps }
  /// The limiter's greatest gain reduction so far in dB.
  var reduction: Double { level.reduction }

  /// The next samples; nil at the end.
  mutating func next() throws -> Planes? {
    guard !hasEnded else { return nil }
    while retimed.needsMore(for: Self.blockSize) { try retimed.add(try shots.next(Self.blockSize)) }
    guard var block = retimed.take(Self.blockSize) else {
      hasEnded = true
      return level.finish()
    }
    try music?.mix(into: &block)
    return level.process(block)
  }
}
