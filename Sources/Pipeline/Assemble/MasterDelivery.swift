import Delivery
import Files
import Foundation
import Presets
import Stitching
import Storyboard
import Verification

/// Makes the delivery versions that a storyboard asks for, of each language's master.
struct MasterDelivery: Sendable {
  private let context: RunContext
  private let settings: DeliverySettings
  private let versions: [DeliveryVersion]
  private var workspace: Workspace { context.workspace }

  /// Nil when the storyboard asks for none.
  /// - Parameter preset: the only one to make; nil for all.
  init?(context: RunContext, preset: String? = nil) {
    guard let settings = context.storyboard.delivery else { return nil }
    self.context = context
    self.settings = settings
    versions = context.plan.deliveries.filter { preset == nil || $0.recipe.id == preset }
  }

  /// Those of an earlier run, when they were made of these masters in the same way and nothing altered them since.
  func kept(of master: MasterRecord) throws -> DeliveryRecord? {
    guard let record = try DeliveryRecord.unaltered(in: workspace), try record.inputsDigest == digest(master) else {
      return nil
    }
    return record
  }

  /// - Throws: ``DeliveryError``, ``LibavError``, `FileError`, `CancellationError`.
  func deliver(_ master: MasterRecord) async throws -> DeliveryRecord {
    let digest = try digest(master)
    let folder = workspace.deliverablesDirectory
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw PipelineError(
        .cannotCreate, "the folder \(folder) cannot be created: \(error.localizedDescription)")
    }
    var files: [Deliverable] = []
    let first = context.storyboard.master.languages.first?.language
    let masters = [(master.file, first)] + (master.languages ?? []).map { ($0.file, $0.language) }
    for (name, language) in masters {
      var options = Self.options(settings, folder: folder, title: context.storyboard.title)
      options.language = language
      options.label = try settings.label?.label(language: language)
      if let marking = try context.storyboard.marking?.options() { options.marking = marking }
      options.creationTime = try CreationTime.current()
      options.tool = "longtake \(context.options.version)"
      options.signCommand = context.options.signCommand
      let (path, emit) = (workspace.path(name), context.emit)
      files += try await context.media.run { [options, versions] in
        try DeliveryFolder(DeliveryMaster(path: path), versions, options: options).write {
          emit(.delivering($0))
        } delivered: { file in
          emit(.delivered(path: file.file, verdict: file.verdict.rawValue))
        }
      }
    }
    return DeliveryRecord(inputsDigest: digest, files: files.map(DeliveryRecord.File.init))
  }

  /// What a storyboard asks for, as far as it is known before the master is.
  static func options(_ settings: DeliverySettings, folder: String, title: String?) -> DeliveryOptions {
    var options = DeliveryOptions(folder: folder)
    // The folder is the workspace's own.
    options.overwrite = true
    if let name = settings.name { options.nameTemplate = name }
    options.title = settings.title ?? title
    (options.adID, options.advertiser, options.fit) = (settings.adID, settings.advertiser, settings.fit)
    if let center = settings.center { options.cropCenter = (center[0], center[1]) }
    if let keeps = settings.keepsPitch { options.keepsPitch = keeps }
    if let forms = settings.captionForms { options.captionForms = Set(forms.compactMap(CaptionForm.init)) }
    if let burns = settings.burnsCaptions { options.burnsCaptions = burns }
    return options
  }

  private func digest(_ master: MasterRecord) throws -> String {
    let parts =
      [master.sha256] + (master.languages ?? []).map { "\($0.language) \($0.sha256)" }
      + [
        "\(settings)", context.storyboard.marking.map { "\($0)" } ?? "", context.storyboard.title ?? "",
        context.options.signCommand ?? "", context.options.version,
      ]
    let presets = try versions.flatMap { version in
      [
        try JSONValue(encoding: version.recipe).canonicalJSON,
        try version.spec.map { try JSONValue(encoding: $0).canonicalJSON } ?? "",
      ]
    }
    return SHA256Text.of((parts + presets).joined(separator: "\n"))
  }
}
