import Files
public import Foundation

/// The kinds of presets, each in its own folder.
public enum PresetKind: String, Sendable, Hashable, CaseIterable {
  case models, verify, delivery
}

/// Finds presets by name or path, in directories that are searched in order.
///
/// The order: the directory given, `LONGTAKE_PRESETS`, beside the executable (`presets`, `../share/longtake/presets`),
/// the bundled ones. A preset in an earlier directory overrides one of the same name in a later one.
public struct PresetLibrary: Sendable {
  /// The variable that names a directory of the user's own presets.
  public static let environmentVariable = "LONGTAKE_PRESETS"
  private static let bundled = ResourceFolder("presets", of: "Presets")
  /// Maximum depth of presets that extend one another.
  private static let extensionDepth = 8

  /// Directories that exist, in the order of search.
  public let directories: [String]

  /// - Parameters:
  ///   - directory: searched first; must exist.
  ///   - environment: read for ``environmentVariable``, whose directory must exist too.
  /// - Throws: ``PresetError`` `notFound` when a named directory is missing, or when there is none at all.
  public init(
    directory: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws {
    var found: [String] = []
    let named = [
      (directory, "the presets directory"),
      (environment[Self.environmentVariable], "the directory in \(Self.environmentVariable)"),
    ]
    for case (let path?, let what) in named where !path.isEmpty {
      guard Self.isDirectory(path) else {
        throw PresetError(.notFound, "\(what), \(quoted(path)), is not a directory; correct it or leave it out.")
      }
      found.append(path)
    }
    for candidate in Self.bundled.candidates where Self.isDirectory(candidate) && !found.contains(candidate) {
      found.append(candidate)
    }
    guard !found.isEmpty else {
      throw PresetError(
        .notFound,
        "no presets found: neither beside the program nor in \(Self.environmentVariable). Set that variable to the "
          + "'presets' folder of the project.")
    }
    directories = found
  }

  private static func isDirectory(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
  }

  /// Names of all presets of a kind, sorted.
  public func names(of kind: PresetKind) -> [String] {
    let files = directories.flatMap { directory in
      (try? FileManager.default.contentsOfDirectory(atPath: "\(directory)/\(kind.rawValue)")) ?? []
    }
    return Set(files.filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.map { String($0.dropLast(5)) }).sorted()
  }

  /// The file of a preset by name, or by path; nil when there is none. A preset's name wins over a file that does not
  /// end in `.json`.
  public func path(of kind: PresetKind, named name: String) -> String? {
    guard !name.isEmpty, !name.contains("\0") else { return nil }
    if name.hasSuffix(".json"), Self.isFile(name) { return name }
    let known = name.contains("/") ? [] : directories.map { "\($0)/\(kind.rawValue)/\(name).json" }
    return known.first(where: Self.isFile) ?? (Self.isFile(name) ? name : nil)
  }

  /// A path inside a preset is relative to that preset's folder, if there is such a file.
  private static func beside(_ path: String, _ name: String) -> String {
    let own = URL(filePath: path).deletingLastPathComponent().appending(path: name).path(percentEncoded: false)
    return name.contains("/") || name.hasSuffix(".json") ? (isFile(own) ? own : name) : name
  }

  private static func isFile(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path) && !isDirectory(path)
  }

  /// A verify preset by name or path, with the rules of what it extends merged in.
  public func deliverableSpec(named name: String) throws -> DeliverableSpec {
    var chain: [DeliverableSpec] = []
    var next: String? = name
    while let current = next {
      guard chain.count < Self.extensionDepth else {
        throw PresetError(.invalid, "the verify preset \(quoted(name)) extends itself, or too many others in a row.")
      }
      guard let path = path(of: .verify, named: current) else { throw notFound(.verify, current) }
      let spec = try Self.read(path) { DeliverableSpec($0, problems: $1) }
      chain.append(spec)
      next = spec.extends.map { Self.beside(path, $0) }
    }
    return chain.dropFirst().reduce(chain[0]) { own, base in own.merged(onto: base) }
  }

  /// A delivery recipe by name or path.
  public func deliveryRecipe(named name: String) throws -> DeliveryRecipe {
    guard let path = path(of: .delivery, named: name) else { throw notFound(.delivery, name) }
    return try Self.read(path) { DeliveryRecipe($0, problems: $1) }
  }

  /// A model by file name, path, id or alias.
  public func model(named name: String) throws -> ModelDescriptor {
    try Self.model(at: modelPath(named: name))
  }

  /// A model's file as it stands, of the form `longtake.model/2`, or of an earlier one; by file name, path, id or alias.
  public func modelDocument(named name: String) throws -> JSONValue {
    try Self.read(try modelPath(named: name)) { document, _ in document.jsonValue }
  }

  private func modelPath(named name: String) throws -> String {
    if let path = path(of: .models, named: name) { return path }
    var broken: (any Error)?
    for candidate in names(of: .models) {
      guard let path = path(of: .models, named: candidate) else { continue }
      do {
        let model = try Self.model(at: path)
        if model.id == name || model.aliases.contains(name) { return path }
      } catch {
        broken = broken ?? error
      }
    }
    // The requested model may be the one that cannot be read.
    throw broken ?? notFound(.models, name)
  }

  /// A model for one provider: the one named if that provider serves it, else its equivalent there.
  public func model(named name: String, for provider: String) throws -> ModelDescriptor {
    let model = try model(named: name)
    if model.serves(provider) { return model }
    if let equivalent = model.equivalents[provider] {
      let other = try self.model(named: equivalent)
      if other.serves(provider) { return other }
    }
    let elsewhere = (model.providers + model.equivalents.keys).sorted().joined(separator: ", ")
    throw PresetError(
      .notFound,
      "the model \(quoted(name)) is not available at \(quoted(provider)), only at \(elsewhere). Choose one of these "
        + "providers or another model; 'longtake models' lists them.")
  }

  /// All models that can be read, by file name.
  public func models() throws -> [ModelDescriptor] {
    try names(of: .models).compactMap { path(of: .models, named: $0) }.map(Self.model(at:))
  }

  private static func model(at path: String) throws -> ModelDescriptor {
    try read(path) { ModelDescriptor($0, problems: $1) }
  }

  private static func read<Preset>(
    _ path: String, _ make: (DocumentNode, ProblemList) -> Preset?
  ) throws -> Preset {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw PresetError(.unreadable, "the preset \(quoted(path)) cannot be read; check its permissions.")
    }
    let problems = ProblemList()
    let preset = DocumentParser.parse(data, problems: problems).flatMap { make($0, problems) }
    guard let preset, problems.problems.isEmpty else {
      throw PresetError(.invalid, "the preset \(path) cannot be used:", problems: problems.inFileOrder)
    }
    return preset
  }

  private func notFound(_ kind: PresetKind, _ name: String) -> PresetError {
    let known = names(of: kind)
    let what = kind == .models ? "model" : "\(kind.rawValue) preset"
    let hint = suggestion(for: name, among: known)
    return PresetError(.notFound, "there is no \(what) \(quoted(name)). \(hint) A file path works, too.")
  }
}
