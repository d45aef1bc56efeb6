import Delivery
import Foundation
import Presets
import Support

/// A small master and bundled recipes made small: size and rate of bits apart, everything is as it is delivered.
struct DeliveryFixture {
  /// Rules of full-size files.
  private static let fullSizeRules = ["video.size", "video.bit_rate", "video.duration", "video.bars", "video.length"]

  let folder: ScratchFolder
  let master: String
  let output: String

  /// - Parameters:
  ///   - rate: frames per second of the master.
  ///   - arguments: further output arguments of ffmpeg.
  init(
    rate: String = "24", size: String = "320x180", seconds: String = "3", audio: String = "sine=frequency=300",
    name: String = "master.mp4", _ arguments: String...
  ) throws {
    folder = try ScratchFolder()
    try MediaTool.ffmpeg(
      [
        "-f", "lavfi", "-i", "testsrc2=size=\(size):rate=\(rate):duration=\(seconds)", "-f", "lavfi", "-i",
        "\(audio):sample_rate=48000:duration=\(seconds),volume=-12dB,aformat=channel_layouts=stereo", "-c:v", "libx264",
        "-preset", "ultrafast", "-crf", "10", "-pix_fmt", "yuv420p", "-g", "24", "-bf", "2", "-colorspace", "bt709",
        "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv", "-c:a", "pcm_s24le",
      ] + arguments + [name.hasSuffix(".mp4") ? "master.mov" : name], in: folder.url)
    master = folder.path(name.hasSuffix(".mp4") ? "master.mov" : name)
    output = folder.path("out")
    try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
  }

  /// A bundled recipe for small frames, and its verify preset without the rules of full-size files.
  func recipe(_ name: String, change: (inout [String: Any]) -> Void = { _ in }) throws -> (
    DeliveryRecipe, DeliverableSpec?
  ) {
    var recipe = try Self.object("presets/delivery/\(name).json")
    if var video = recipe["video"] as? [String: Any] {
      if var size = video["size"] as? [String: Any], let width = size["width"] as? Int,
        let height = size["height"] as? Int
      {
        size["width"] = width / 6 / 2 * 2
        size["height"] = height / 6 / 2 * 2
        video["size"] = size
      }
      if var options = video["options"] as? [String: Any], ["libx264", "libx265"].contains(video["encoder"] as? String)
      {
        // The fastest one that still writes the profile High.
        options["preset"] = "superfast"
        video["options"] = options
      }
      recipe["video"] = video
    }
    change(&recipe)
    if let verify = recipe["verify"] as? String {
      var spec = try Self.object("presets/verify/\(verify).json")
      spec["rules"] = (spec["rules"] as? [String: Any])?.filter { !Self.fullSizeRules.contains($0.key) }
      try write(spec, "presets/verify/\(verify).json")
    }
    try write(recipe, "presets/delivery/\(name).json")
    let library = try PresetLibrary(directory: folder.path("presets"), environment: [:])
    let read = try library.deliveryRecipe(named: name)
    return (read, try read.verify.map { try library.deliverableSpec(named: $0) })
  }

  func deliver(
    _ name: String, options change: (inout DeliveryOptions) -> Void = { _ in },
    recipe changeRecipe: (inout [String: Any]) -> Void = { _ in }, events: @escaping (DeliveryEvent) -> Void = { _ in }
  ) throws -> [Deliverable] {
    let (recipe, spec) = try recipe(name, change: changeRecipe)
    var options = DeliveryOptions(folder: output)
    options.overwrite = true
    change(&options)
    let deliverer = try Deliverer(try DeliveryMaster(path: master), options: options)
    try deliverer.check(recipe, spec: spec)
    return try deliverer.deliver(recipe, spec: spec, progress: events)
  }

  private static func object(_ path: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(filePath: ProjectFiles.path(path)))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  private func write(_ object: [String: Any], _ name: String) throws {
    var object = object
    object["$schema"] = nil
    try folder.write(name, try JSONSerialization.data(withJSONObject: object))
  }

  /// ffprobe's description of the first stream of a kind.
  static func stream(_ path: String, _ kind: String) throws -> [String: Any]? {
    (try MediaTool.ffprobe(path)?["streams"] as? [[String: Any]])?.first { $0["codec_type"] as? String == kind }
  }
}
