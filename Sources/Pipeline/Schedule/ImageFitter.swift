import Files
import Foundation
import Generation
import Libav
import Presets
import Probing
import Stills
import Storyboard
import Synchronization
import Timing

/// Converts the storyboard's own images that the model does not accept as they are, and reports it.
final class ImageFitter: Sendable {
  private let storyboard: Storyboard
  private let targets: ShotTargets
  private let workspace: Workspace
  private let images: LocalImageCache
  private let media: MediaExecutor
  private let emit: @Sendable (PipelineEvent) -> Void
  /// By model and digest.
  private let fitted = Mutex<[String: ImageUpload]>([:])

  init(
    storyboard: Storyboard, targets: ShotTargets, workspace: Workspace, images: LocalImageCache,
    media: MediaExecutor,
    emit: @escaping @Sendable (PipelineEvent) -> Void
  ) {
    self.storyboard = storyboard
    self.targets = targets
    self.workspace = workspace
    self.images = images
    self.media = media
    self.emit = emit
  }

  /// The file to send to a model for an image of the storyboard.
  /// - Throws: ``LibavError`` when it cannot be made to fit.
  func fit(_ path: String, for model: ModelDescriptor) async throws -> ImageUpload {
    let own = try images.local(path)
    let key = "\(model.id) \(own.sha256)"
    if let known = fitted.withLock({ $0[key] }) { return known }
    let fields = storyboard.fields(usingFile: path)
    let limits = fields.compactMap { model.limits.image($0) }
    let facts = try LibavImageInspector().facts(of: path)
    let reasons =
      limits.isEmpty ? ImageLimit.unlimitedConversions(of: facts) : limits.flatMap { $0.conversions(of: facts) }
    guard !reasons.isEmpty else {
      fitted.withLock { $0[key] = own }
      return own
    }
    let side = limits.compactMap(\.maxSide).min()
    let bounds = ImageLimits(allOf: limits)
    let rotation = DisplayOrientation(path: path).filters
    let still = try await media.run {
      try Self.still(of: path, within: bounds, longestSide: side, rotation: rotation, scratch: self.workspace)
    }
    // Models may accept different images.
    let suffix = model.id == targets.standard.model.id ? "" : "-\(SHA256Text.of(model.id).prefix(8))"
    let name = "anchors/image-\(own.sha256.prefix(16))\(suffix).\(still.format == .png ? "png" : "jpg")"
    try OutputFile.replace(workspace.path(name), with: still.bytes)
    let image = ImageUpload(
      path: workspace.path(name), sha256: SHA256Text.of(still.bytes), mediaType: still.mediaType)
    fitted.withLock { $0[key] = image }
    emit(
      .notice(
        "the image \(path) \(reasons[0]); it is sent as \(name): \(still.format.rawValue.uppercased()), "
          + "\(still.width)x\(still.height), \(still.bytes.count) bytes"))
    return image
  }

  private static func still(
    of path: String, within limits: ImageLimits, longestSide: Int?, rotation: [String], scratch: Workspace
  ) throws -> EncodedStill {
    guard longestSide != nil || !rotation.isEmpty else {
      return try Anchor(of: path, request: .first, limits: limits).still
    }
    let free = ImageLimits(maximumBytes: .max, minimumSide: 1, aspect: 0...(.infinity), formats: [.png])
    let whole = try Anchor(of: path, request: .first, limits: free).still
    let longestSide = longestSide ?? .max
    guard max(whole.width, whole.height) > longestSide || !rotation.isEmpty else {
      return try Anchor(of: path, request: .first, limits: limits).still
    }
    let name = scratch.path("anchors/.\(UUID().uuidString).png")
    defer { try? FileManager.default.removeItem(atPath: name) }
    try Data(whole.bytes).write(to: URL(filePath: name))
    try Data(try rotatedAndScaled(name, rotation: rotation, longestSide: longestSide)).write(to: URL(filePath: name))
    return try Anchor(of: name, request: .first, limits: limits).still
  }

  /// A PNG of RGB samples, rotated to its display orientation, and scaled down where it is too large.
  private static func rotatedAndScaled(_ path: String, rotation: [String], longestSide: Int) throws -> [UInt8] {
    let color = ColorTags(range: "pc", matrix: "gbr")
    let frame = try FrameFinder(path: path).find(.first)
    if rotation.isEmpty { return try scaled(frame.frame, longestSide: longestSide, color) }
    return try scaled(try rotated(frame.frame, rotation, color), longestSide: longestSide, color)
  }

  private static func scaled(_ frame: borrowing Frame, longestSide: Int, _ color: ColorTags) throws -> [UInt8] {
    let scale = min(1, Double(longestSide) / Double(max(frame.width, frame.height)))
    let (width, height) = (
      max(1, Int((Double(frame.width) * scale).rounded())), max(1, Int((Double(frame.height) * scale).rounded()))
    )
    let scaler = try Scaler(
      from: (frame.width, frame.height, frame.pixelFormat), color: color, to: (width, height, .rgb24),
      targetColor: color, quality: .lanczos)
    let scaled = try scaler.scale(frame)
    scaled.pts = 0
    var settings = VideoEncoding(
      encoder: "png", width: width, height: height, pixelFormat: .rgb24, timeBase: .microseconds)
    settings.usesGlobalHeader = false
    settings.threads = 1
    let encoder = try Encoder(settings)
    try encoder.send(scaled)
    try encoder.sendEnd()
    let packet = try Packet()
    guard try encoder.receive(into: packet) else { throw LibavError(.other, "the PNG encoder returned no packet") }
    return packet.bytes
  }

  private static func rotated(_ frame: borrowing Frame, _ filters: [String], _ color: ColorTags) throws -> Frame {
    let input = FilterInput.video(
      width: frame.width, height: frame.height, format: frame.pixelFormat, timeBase: .microseconds, frameRate: nil,
      color: color)
    let graph = try FilterGraph(filters.joined(separator: ","), inputs: [input], threads: 1)
    try graph.send(frame)
    try graph.sendEnd()
    let result = try Frame()
    guard try graph.receive(into: result) else { throw LibavError(.other, "the image could not be rotated") }
    return result
  }
}
