public import Delivery
import Review

/// Delivery versions of one master in a folder, with `manifest.json`, `SHA256SUMS` and `qc.html` beside them.
public struct DeliveryFolder: Sendable {
  private let deliverer: Deliverer
  private let versions: [DeliveryVersion]
  private let folder: String
  private let overwrite: Bool

  /// - Throws: ``DeliveryError`` `badRequest` for options that cannot be used.
  public init(_ master: DeliveryMaster, _ versions: [DeliveryVersion], options: DeliveryOptions) throws {
    deliverer = try Deliverer(master, options: options)
    self.versions = versions
    (folder, overwrite) = (options.folder, options.overwrite)
  }

  /// The versions that will be written, with their captions.
  public var files: [String] {
    versions.flatMap { deliverer.files(of: $0.recipe) + deliverer.captionFiles(of: $0.recipe) }
  }

  /// Makes the versions into the folder, which exists. What cannot be made is reported before the work, not after it.
  /// - Parameter delivered: called for each file as soon as it is verified.
  /// - Returns: also files that were not delivered, because they fail their verify presets.
  /// - Throws: ``DeliveryError``, ``LibavError``, `FileError`, `CancellationError`, and what `delivered` throws.
  public func write(
    progress: @escaping (DeliveryEvent) -> Void, delivered: (Deliverable) throws -> Void = { _ in }
  ) throws -> [Deliverable] {
    let package = try DeliveryPackage(deliverer)
    try DeliveryPage.requireReplaceable(in: folder, overwrite: overwrite)
    for version in versions {
      try version.check(deliverer.options)
      try deliverer.check(version.recipe, spec: version.spec)
    }
    var files: [Deliverable] = []
    for version in versions {
      for file in try deliverer.deliver(version.recipe, spec: version.spec, progress: progress) {
        files.append(file)
        try delivered(file)
      }
      try DeliveryPage(try package.add(files), failed: files).write(to: folder)
    }
    return files
  }
}
