import Color
import Libav
import Presets
import Probing
import Timing

/// Writes an animated image of a master: fewer frames, smaller, without audio.
struct AnimationWriter {
  let plan: DeliveryPlan

  /// - Parameter frameDone: called for each frame of the master; throws to end the work.
  func write(to path: String, frameDone: () throws -> Void) throws {
    let video = plan.video
    let rate = video.previewRate.map { min($0.rational, plan.master.rate.rational) } ?? plan.master.rate.rational
    guard let base = TimeBase(plan.master.rate.frameDuration), let shown = FrameRate(rate),
      let target = TimeBase(shown.frameDuration)
    else { throw DeliveryError(.unsuitable, "frame rate \(rate) cannot be written", file: plan.master.path) }
    let isGIF = plan.recipe.container == .gif
    let graph = try FilterGraph(
      try filters(rate: shown),
      inputs: [
        .video(
          width: plan.master.video.stream.video?.width ?? plan.width,
          height: plan.master.video.stream.video?.height ?? plan.height,
          format: plan.master.pixelFormat.withoutImpliedRange,
          timeBase: base, frameRate: plan.master.rate, color: plan.master.color)
      ])
    var settings = VideoEncoding(
      encoder: video.encoder, width: plan.width, height: plan.height, pixelFormat: plan.format, timeBase: target,
      frameRate: shown)
    settings.options = video.options
    settings.usesGlobalHeader = false
    let encoder = try Encoder(settings)
    var muxer = try Muxer(path: path, format: plan.recipe.container.rawValue)
    let stream = try muxer.addStream(try encoder.parameters(), timeBase: target, frameRate: shown)
    try muxer.writeHeader(options: ["loop": "0"])
    let packet = try Packet()
    let image = try Frame()
    var sent: Int64 = 0
    func drain() throws {
      while try encoder.receive(into: packet) {
        if isGIF { packet.duration = 1 }
        try muxer.write(packet, stream: stream, timeBase: target)
      }
    }
    func encode() throws {
      while try graph.receive(into: image) {
        image.pts = sent
        sent += 1
        image.requestKey(false)
        try encoder.send(image)
        try drain()
      }
    }
    let frame = try Frame()
    var walker = try FrameWalker(
      path: plan.master.path, video: plan.master.video, wanted: Array(0..<plan.master.frameCount))
    while let position = try walker.next(into: frame) {
      let timed = try frame.share()
      timed.relabelWithoutImpliedRange()
      timed.color = plan.master.color
      timed.pts = Int64(position)
      try graph.send(timed)
      try encode()
      try frameDone()
    }
    try graph.sendEnd()
    try encode()
    try encoder.sendEnd()
    try drain()
    try muxer.finish()
  }

  /// Rotated, thinned out, scaled; a GIF gets one palette for the whole clip.
  private func filters(rate: FrameRate) throws(DeliveryError) -> String {
    let rotation = FrameFilter.orientation(rotation: plan.master.display.rotation, isMirrored: false)
    let label = try plan.label.map { label throws(DeliveryError) in
      let end = label.seconds.map { ":enable=\(FilterGraph.escaped("lt(t,\($0.doubleValue))"))" } ?? ""
      return try label.steps(width: plan.width, height: plan.height).map { $0 + end }
    }
    let steps =
      rotation + [
        "fps=\(rate.rational.numerator)/\(rate.rational.denominator)",
        "scale=\(plan.width):\(plan.height):flags=lanczos+accurate_rnd+full_chroma_int",
      ] + (label ?? [])
    let scaled = steps.joined(separator: ",")
    guard plan.recipe.container == .gif else { return "\(scaled),format=\(plan.format)" }
    return "[in0]\(scaled),split[a][b];[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=sierra2_4a[out]"
  }
}
