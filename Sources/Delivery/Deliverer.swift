import Captions
import Files
import Foundation
import Libav
public import Presets
import Probing
import Stitching
import Timing
import Verification

/// Makes the delivery versions of a master: encodes, joins, verifies, renames.
public struct Deliverer: Sendable {
  /// Metadata that belongs to a file and not to what it shows.
  static let ownKeys: Set<String> = [
    "major_brand", "minor_version", "compatible_brands", "creation_time", "encoder", "timecode",
    "com.apple.quicktime.title",
  ]

  let master: DeliveryMaster
  public private(set) var options: DeliveryOptions
  let marking: MediaMarking

  /// - Throws: ``DeliveryError`` `badRequest` for options that cannot be used.
  public init(_ master: DeliveryMaster, options: DeliveryOptions) throws {
    try options.requireUsable()
    if let language = options.language, language.wholeMatch(of: /[a-z]{3}/) == nil {
      throw DeliveryError(
        .badRequest, "\(quoted(language)) is no language of ISO 639-2; write three letters, such as eng or deu")
    }
    try LanguageVersion.check(options.languages, program: master.duration.doubleValue)
    if options.languages.count > 1, !options.nameTemplate.contains("{language}") {
      throw DeliveryError(
        .badRequest, "the name template \(quoted(options.nameTemplate)) gives all languages one name; add {language}")
    }
    let languages = options.captions.map { $0.language ?? "" }
    if let twice = languages.first(where: { language in languages.count { $0 == language } > 1 }) {
      throw DeliveryError(
        .badRequest,
        "captions are given twice \(twice.isEmpty ? "without a language" : "for \(twice)"); write FILE=LANG for each")
    }
    self.master = master
    self.options = options
    title =
      options.title ?? master.title ?? URL(fileURLWithPath: master.path).deletingPathExtension().lastPathComponent
    marking = Self.marking(master, options, title: title)
  }

  let title: String

  /// One for each language.
  var variants: [Deliverer] {
    guard !options.languages.isEmpty else { return [self] }
    return options.languages.map { version in
      var variant = self
      variant.options.languages = []
      variant.options.language = version.language ?? options.language
      variant.options.voice = version.voice
      return variant
    }
  }

  /// The files of a recipe.
  public func files(of recipe: DeliveryRecipe) -> [String] {
    recipe.differsByLanguage ? variants.flatMap { $0.ownFiles(of: recipe) } : ownFiles(of: recipe)
  }

  /// The files of a recipe in one language.
  func ownFiles(of recipe: DeliveryRecipe) -> [String] {
    let values = [
      "title": title, "adid": options.adID ?? "", "preset": recipe.id, "language": options.language ?? "",
    ]
    let stem = "\(options.folder)/\(FileNames.name(options.nameTemplate, values))"
    guard recipe.audio?.tracks == .each else { return ["\(stem).\(recipe.container.rawValue)"] }
    return master.audio.enumerated().map { number, stream in
      let language = stream.metadata["language"].flatMap { $0 == "und" ? nil : "_\($0)" } ?? ""
      return "\(stem)_\(number + 1)\(language).\(recipe.container.rawValue)"
    }
  }

  /// The caption files beside a recipe's file.
  public func captionFiles(of recipe: DeliveryRecipe) -> [String] {
    guard recipe.takesCaptions else { return [] }
    return files(of: recipe).flatMap { file in
      CaptionDelivery.files(options.captions(of: master), beside: file, forms: options.captionForms)
    }
  }

  /// Finds what can be found before any work: existing files, an unsuitable master.
  /// - Throws: ``DeliveryError``, `FileError`.
  public func check(_ recipe: DeliveryRecipe, spec: DeliverableSpec?) throws {
    for file in files(of: recipe) + captionFiles(of: recipe) { _ = try OutputFile(file, overwrite: options.overwrite) }
    if recipe.audio != nil, recipe.video == nil, master.audio.isEmpty {
      throw DeliveryError(.unsuitable, "has no audio, which \(recipe.id) is of", file: master.path)
    }
    guard let video = recipe.video else { return }
    let plan = try DeliveryPlan(recipe, video, master: master, options: options)
    let nominal = plan.rate.rational.doubleValue.rounded()
    let planned: [(String, JSONValue)] = [
      ("video.size", .string("\(plan.width)x\(plan.height)")), ("video.frame_rate", .string(plan.rate.description)),
      ("audio.present", .bool(recipe.audio != nil && variants.allSatisfy(\.hasAudio))),
      ("video.duration", .number(plan.duration.doubleValue)),
      ("video.length", .integer(Int64((Double(plan.frameCount) / nominal).rounded()))),
    ]
    for (check, value) in planned {
      guard let rule = spec?.rules[check], rule.severity == .fail, rule.when.isEmpty, let condition = rule.condition,
        !condition.holds(for: value)
      else { continue }
      throw DeliveryError(
        .unsuitable,
        "cannot become \(recipe.id): \(check) would be \(value.canonicalJSON), which its verify preset "
          + "\(spec?.id ?? "") refuses", file: master.path)
    }
  }

  /// Makes the files of one recipe.
  /// - Parameter spec: the recipe's verify preset; nil for an animated WebP, whose structure is checked.
  /// - Throws: ``DeliveryError``, ``LibavError``, `FileError`, `CancellationError`; nothing is left under a final name
  ///   then.
  public func deliver(
    _ recipe: DeliveryRecipe, spec: DeliverableSpec?, progress: @escaping (DeliveryEvent) -> Void = { _ in }
  ) throws -> [Deliverable] {
    if recipe.video == nil {
      return try variants.flatMap { variant in
        try zip(variant.ownFiles(of: recipe), master.audio).enumerated().map { number, item in
          try AudioDelivery(variant, recipe, spec, stream: item.1, isMain: number == 0)
            .write(to: item.0, progress: progress)
        }
      }
    }
    guard recipe.differsByLanguage else {
      return try ownFiles(of: recipe).map {
        try AnimationDelivery(self, recipe, spec).write(to: $0, progress: progress)
      }
    }
    return try VideoDelivery(self, recipe, spec).write(progress: progress)
  }

  /// Whether a version has audio: the master's, or a voice.
  var hasAudio: Bool { !master.audio.isEmpty || options.voice != nil }

  /// The metadata of every version: the master's, with title and tool.
  var metadata: MasterMetadata {
    var entries = master.index.container.metadata.filter { !Self.ownKeys.contains($0.key) }
    entries.merge(marking.entries) { $1 }
    entries["title"] = title
    entries["longtake.master_sha256"] = master.sha256
    if let adID = options.adID { entries["ad-id"] = adID }
    return MasterMetadata(entries, creationTime: options.creationTime)
  }

  /// Verifies a written file that is still under its temporary name.
  func verify(
    _ path: String, as recipe: DeliveryRecipe, spec: DeliverableSpec, expecting expectation: Expectation,
    progress: (DeliveryEvent) -> Void
  ) throws -> VerificationReport {
    try withoutActuallyEscaping(progress) { progress in
      try Verifier(spec: spec).verify(path, expectation: expectation) {
        progress(.verifying(preset: recipe.id, frames: $0.frames, fraction: $0.fraction))
      }
    }
  }
}

extension DeliveryRecipe {
  /// Whether its versions differ by language: all but animated images.
  var differsByLanguage: Bool { container != .gif && container != .webp }
  /// Whether its versions have text tracks and caption files.
  var takesCaptions: Bool { video != nil && (container == .mp4 || container == .mov) }
}

extension [Deliverable.Problem] {
  /// What is not a pass.
  init(_ report: VerificationReport) {
    self = report.findings.filter { [.warn, .fail, .inconclusive].contains($0.status) }.map {
      Deliverable.Problem(check: $0.check, status: $0.status.rawValue, message: $0.message)
    }
  }
}

extension OutputFile {
  /// Has the bytes written under the temporary name; an error names the file itself.
  borrowing func written<Value>(_ body: (_ path: String) throws -> Value) throws -> Value {
    do {
      return try body(temporaryPath)
    } catch let error as LibavError where error.file == temporaryPath {
      throw LibavError(error.code, error.message, file: path, log: error.log)
    }
  }
}
