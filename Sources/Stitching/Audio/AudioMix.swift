import Libav
import Timing

/// The master's audio before encoding, in blocks, so that memory does not grow with the length: the shots' audio, the music bed and
/// the voice in the shots' time; then all of it retimed with the frames; then gain and limiter.
struct AudioMix: ~Copyable {
  /// Samples of a block.
  private static let blockSize = 4096

  private var shots: JoinedAudio
  private var retimed: RetimedAudio
  private var music: MusicBed?
  private var voice: VoiceOver?
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
        try MusicBed(
          music, format: format, total: format.sample(atFrame: plan.frameCount, rate: plan.sourceRate))
      } else {
        nil
      }
    let voice: VoiceOver? =
      if track == .main, let voice = options.audio.voice {
        try VoiceOver(voice, format: format.audioFormat)
      } else {
        nil
      }
    shots = JoinedAudio(plan, track: track, format: format, crossfade: options.audioCrossfade)
    level = LevelStage(levels, channels: format.channels, sampleRate: format.sampleRate)
    self.retimed = retimed
    self.music = music
    self.voice = voice
  }

  /// Audio steps at the joins passed so far, without music.
  var steps: [AudioStep] { shots.steps }
  /// The limiter's greatest gain reduction so far in dB.
  var reduction: Double { level.reduction }

  /// The next samples; nil at the end.
  mutating func next() throws -> Planes? {
    guard !hasEnded else { return nil }
    while retimed.needsMore(for: Self.blockSize) { try retimed.add(try mixed()) }
    guard let block = retimed.take(Self.blockSize) else {
      hasEnded = true
      return level.finish()
    }
    return level.process(block)
  }

  private mutating func mixed() throws -> Planes? {
    guard var block = try shots.next(Self.blockSize) else { return nil }
    try music?.mix(into: &block)
    try voice?.mix(into: &block)
    return block
  }
}
