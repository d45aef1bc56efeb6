import Files
import Foundation
import Libav
import Loudness
import Probing
import Timing

extension ReviewReport {
  init(_ subject: ReviewSubject, version: String) {
    self.version = version
    written = Date().formatted(.iso8601)
    title = subject.title
    shots = []
    joins = []
    origin = subject.origin.map(Origin.init)
    verification = subject.verification
    decisions = subject.decisions
  }

  func json() throws -> Data { try JSONOutput.data(self) }
}

extension ReviewReport.Origin {
  init(_ origin: ReviewOrigin) {
    storyboard = origin.storyboard
    storyboardSHA256 = origin.storyboardSHA256
    provider = origin.provider
    model = origin.model
    isSimulated = origin.isSimulated
    costUSD = origin.costUSD
    uncertainUSD = origin.uncertainUSD
    versions = origin.versions
  }
}

extension ReviewReport.Master {
  init(
    _ timeline: MasterTimeline, size: (width: Int, height: Int), player: ReviewReport.Player,
    reading: MasterReading, superseded: String?
  ) {
    let stream = timeline.video.stream
    file = URL(filePath: timeline.path).lastPathComponent
    sha256 = reading.sha256
    bytes = reading.bytes
    width = size.width
    height = size.height
    frameRate = timeline.rate?.description ?? ""
    isConstantRate = timeline.timing.isConstant
    frames = timeline.frameCount
    duration = timeline.duration.doubleValue
    codec = [stream.codecName, stream.profile].compactMap(\.self).joined(separator: " ")
    pixelFormat = stream.video?.pixelFormat ?? ""
    isHDR = stream.color?.tags.isHDR ?? false
    hasAudio = timeline.index.audio != nil
    self.player = player
    startTimecode = timeline.rate.flatMap {
      StartTimecode(container: timeline.index.container, stream: stream, rate: $0)?.description
    }
    self.superseded = superseded
  }
}

extension ReviewReport.FrameSeries {
  init(_ survey: MasterSurvey, _ timeline: MasterTimeline) {
    func rounded(_ value: Double, _ factor: Double = 100) -> Double { (value * factor).rounded() / factor }
    let order = timeline.video.presentationOrder.map { timeline.video.entries[$0] }
    luma = survey.frames.map { rounded($0.luma) }
    chroma = survey.frames.map { rounded($0.chroma) }
    contrast = survey.frames.map { rounded($0.contrast) }
    sharpness = survey.frames.map { rounded($0.sharpness, 10_000) }
    difference = survey.frames.map { $0.difference.map { rounded($0) } }
    bytes = order.map(\.size)
    keyframes = order.indices.filter { order[$0].isKey }
    times = timeline.timing.isConstant ? nil : order.indices.map { rounded(timeline.seconds($0), 1e6) }
  }
}

extension ReviewReport.Audio {
  init(_ survey: AudioSurvey, target: Double?) {
    func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
    sampleRate = survey.sampleRate
    channels = survey.channels
    step = AudioSurvey.step
    shortTerm = survey.shortTerm.map { $0.map(rounded) }
    momentary = survey.momentary.map { $0.map(rounded) }
    peaks = survey.peaks.map { ($0 * 1000).rounded() / 1000 }
    integrated = survey.loudness.integrated.map(rounded)
    range = survey.loudness.range.map(rounded)
    truePeak = survey.loudness.truePeak.map(rounded)
    self.target = target
  }
}
