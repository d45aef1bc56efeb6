import Libav
import Presets
import Probing
import Stitching
import Timing

/// What a recipe makes of a master: rate, size, colours, frames and chunks.
struct DeliveryPlan: Sendable {
  let recipe: DeliveryRecipe
  let video: DeliveryRecipe.Video
  let master: DeliveryMaster
  let rate: FrameRate
  /// Pixels, even.
  let width: Int
  let height: Int
  let format: PixelFormat
  let color: ColorTags
  let fit: DeliveryFit
  /// The centre of a crop in parts of the frame.
  let center: (x: Double, y: Double)
  let label: VisibleLabel?
  let burned: BurnedCaptions?
  let slateFrames: Int
  let blackFrames: Int

  /// - Throws: ``DeliveryError`` `unsuitable` when the recipe cannot take the master.
  init(_ recipe: DeliveryRecipe, _ video: DeliveryRecipe.Video, master: DeliveryMaster, options: DeliveryOptions) throws
  {
    guard let format = PixelFormat(name: video.pixelFormat) else {
      throw DeliveryError(
        .badRequest, "the recipe \(recipe.id) names the pixel format \(video.pixelFormat), which libav does not have")
    }
    guard LibraryVersions.hasEncoder(video.encoder) else {
      throw DeliveryError(
        .badRequest,
        "this libav has no encoder \(video.encoder), which \(recipe.id) needs; 'longtake doctor' lists them")
    }
    if master.isHDR, !video.keepsHDR {
      throw DeliveryError(
        .unsuitable,
        "is HDR (\(master.color.transfer ?? "")), and \(recipe.id) is SDR; choose a recipe that keeps HDR, "
          + "such as hevc-10bit-uhd, or give an SDR master", file: master.path)
    }
    self.recipe = recipe
    self.video = video
    self.master = master
    self.format = format
    rate = try Self.rate(video, recipe: recipe, master: master)
    fit = options.fit ?? video.size?.fit ?? .within
    center = options.cropCenter ?? (video.size?.centerX ?? 0.5, video.size?.centerY ?? 0.5)
    (width, height) = Self.size(video.size, fit: fit, master: master)
    label = options.label
    burned = try options.burnedCaptions(of: master).map { track throws(DeliveryError) in try BurnedCaptions(track) }
    color = master.isHDR ? master.color : .bt709
    let perSecond = Int((rate.rational).rounded ?? 24)
    slateFrames = (recipe.head?.slateSeconds ?? 0) * perSecond
    blackFrames = (recipe.head?.blackSeconds ?? 0) * perSecond
  }

  var headFrames: Int { slateFrames + blackFrames }
  /// Frames of the version, head included.
  var frameCount: Int { headFrames + master.frameCount }
  var duration: Rational { rate.duration(frames: frameCount) }
  /// Length of the program against that of the master: 1001/1000 for 24 → 23.976.
  var stretch: Rational { master.rate.rational / rate.rational }
  var isRetimed: Bool { stretch != .one }
  var gopLength: Int? { video.gopSeconds.flatMap { rate.frames(in: $0) }.map { max(1, $0) } }

  private static func rate(
    _ video: DeliveryRecipe.Video, recipe: DeliveryRecipe, master: DeliveryMaster
  ) throws -> FrameRate {
    guard !video.frameRates.isEmpty, !video.frameRates.contains(master.rate) else { return master.rate }
    func change(_ rate: FrameRate) -> Rational { (rate.rational / master.rate.rational - .one).magnitude }
    guard let nearest = video.frameRates.min(by: { change($0) < change($1) }),
      Retiming.isAllowed(from: master.rate, to: nearest)
    else {
      let taken = video.frameRates.map(\.description).joined(separator: ", ")
      throw DeliveryError(
        .unsuitable,
        "frame rate \(master.rate), \(recipe.id) takes \(taken): too far apart to retime; convert it with "
          + "'stitch --conform --rate … --rate-conversion blend' first", file: master.path)
    }
    return nearest
  }

  private static func size(_ wanted: DeliveryRecipe.Size?, fit: DeliveryFit, master: DeliveryMaster) -> (Int, Int) {
    let (width, height) = (master.display.width, master.display.height)
    func even(_ side: Double) -> Int { max(2, Int((side / 2).rounded()) * 2) }
    guard let wanted else { return (even(Double(width)), even(Double(height))) }
    guard fit == .within else { return (wanted.width, wanted.height) }
    let scale = min(1, Double(wanted.width) / Double(width), Double(wanted.height) / Double(height))
    return (even(Double(width) * scale), even(Double(height) * scale))
  }

  /// The encoder's settings.
  /// - Parameter threads: of this encoder; nil for as many as it chooses, where no other runs beside it.
  func encoding(threads: Int?) throws -> VideoEncoding {
    guard let base = TimeBase(rate.frameDuration) else {
      throw DeliveryError(.unsuitable, "frame rate \(rate) cannot be written", file: master.path)
    }
    var settings = VideoEncoding(
      encoder: video.encoder, width: width, height: height, pixelFormat: format, timeBase: base, frameRate: rate)
    settings.color = color
    settings.gopLength = gopLength
    settings.bFrames = video.bFrames
    settings.options = video.options
    settings.threads = threads ?? 0
    for (name, own) in Self.ownParameters(video.encoder, threads: threads) {
      settings.options[name] = [own, video.options[name]].compactMap(\.self).joined(separator: ":")
    }
    return settings
  }

  /// Closed GOPs, so that chunks follow one another; an encoder beside others keeps to its threads.
  private static func ownParameters(_ encoder: String, threads: Int?) -> [String: String] {
    switch encoder {
    case "libx264": return ["x264-params": "open-gop=0:force-cfr=1"]
    case "libx265":
      let pools = threads.map { $0 > 1 ? ":pools=\($0)" : ":pools=none:frame-threads=1" } ?? ""
      return ["x265-params": "log-level=error:open-gop=0:repeat-headers=0:info=0" + pools]
    case "libsvtav1": return threads.map { ["svtav1-params": "lp=\($0)"] } ?? [:]
    default: return [:]
    }
  }
}
