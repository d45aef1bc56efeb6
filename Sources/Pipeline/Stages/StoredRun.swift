import Files
import Foundation
import Generation
import Presets
public import Store
import Storyboard

/// A storyboard in the store, `runs/<run>/run.json`, with the files that it names: what every stage starts from. It never
/// changes; another storyboard is another run.
public struct StoredRun: Sendable, Hashable, Codable {
  public static let schema = "longtake.stored-run/1"

  /// A file that the storyboard names.
  public struct File: Sendable, Hashable, Codable {
    /// Relative to the storyboard.
    public let name: String
    public let sha256: String
    public let bytes: Int64
  }

  public let schema: String
  public let run: String
  /// What people called the file.
  public let name: String
  /// The runs that one limit of cost is for.
  public let project: String
  /// All fields as JSON, with included files and variables resolved.
  public let storyboard: Blob
  public let files: [File]
  /// As it was given to `submit`; nil for that of the storyboard.
  public let provider: String?
  /// The API's address instead of the default.
  public let baseURL: String?
  public let anchorStore: String?

  private enum CodingKeys: String, CodingKey {
    case schema, run, name, project, storyboard, files, provider
    case baseURL = "base_url"
    case anchorStore = "anchor_store"
  }

  static let storyboardName = "storyboard.json"
  private static let filesFolder = "files"
  private static let largestRun = 16 << 20
  /// Fields that are text, whatever files are called.
  private static let texts: Set<String> = [
    "prompt", "negative_prompt", "title", "id", "model", "provider", "name", "text", "label", "variables", "include",
  ]

  /// - Throws: ``PipelineError`` `invalidPlan` unless it can be part of a key.
  public static func requireName(_ name: String) throws {
    guard name.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]{0,99}/) != nil else {
      throw PipelineError(
        .invalidPlan,
        "\(quoted(name)) cannot be the name of a run or a project: 1 to 100 letters, digits, '.', '_' and '-', first a letter or a digit."
      )
    }
  }

  /// Puts a storyboard and the files that it names into a store. Doing it again with the same content changes nothing.
  /// - Throws: ``PipelineError`` `invalidPlan` when the run exists with another content; ``StoreError``.
  public static func put(
    _ plan: ExecutionPlan, as run: String, project: String?, options: ProviderOptions, into store: any ObjectStore
  ) async throws -> StoredRun {
    try requireName(run)
    if let project { try requireName(project) }
    let blobs = BlobStore(store)
    var files: [File] = []
    var names: [String: String] = [:]
    let directory = URL(filePath: plan.path).deletingLastPathComponent()
    guard let fields = plan.document.fields else {
      throw PipelineError(.invalidPlan, "the storyboard \(plan.path) cannot be read.")
    }
    for path in Self.paths(in: fields, directory).sorted() {
      let blob = try await blobs.put(file: path)
      let name = "\(filesFolder)/\(files.count + 1)-\(URL(filePath: path).lastPathComponent)"
      files.append(File(name: name, sha256: blob.sha256, bytes: blob.bytes))
      names[path] = name
    }
    let content = Self.renaming(fields, names, directory)
    let stored = StoredRun(
      schema: schema, run: run, name: URL(filePath: plan.path).lastPathComponent, project: project ?? run,
      storyboard: try await blobs.put(bytes: Array(content.canonicalJSON.utf8)), files: files,
      provider: plan.givenProvider ?? plan.provider, baseURL: options.baseURL, anchorStore: options.anchorStore)
    let bytes = Array(try JSONValue(encoding: stored).canonicalJSON.utf8)
    if try await store.put(StoreKey.run(run), .bytes(bytes), if: .absent) != nil { return stored }
    guard try await load(run, from: store) == stored else {
      throw PipelineError(
        .invalidPlan,
        "the run \(run) exists in \(store.address) with another storyboard or other options; choose another --run.")
    }
    return stored
  }

  /// - Throws: ``StoreError`` `notFound`.
  public static func load(_ run: String, from store: any ObjectStore) async throws -> StoredRun {
    guard let object = try await store.get(StoreKey.run(run), limit: largestRun) else {
      throw StoreError(.notFound, "\(store.address) has no run \(run); 'longtake submit' puts it there.")
    }
    guard let stored = try? JSONDecoder().decode(StoredRun.self, from: Data(object.bytes)), stored.schema == schema
    else {
      throw PipelineError(.invalidPlan, "\(store.address)/\(StoreKey.run(run)) is no run of this version.")
    }
    try StorePath.require(stored.files.map(\.name), of: "\(store.address)/\(StoreKey.run(run))")
    return stored
  }

  /// The names of all runs.
  public static func list(in store: any ObjectStore) async throws -> [String] {
    try await store.list(prefix: "runs/").compactMap { object in
      let parts = object.key.split(separator: "/")
      return parts.count == 3 && parts[2] == "run.json" ? String(parts[1]) : nil
    }
  }

  /// Writes storyboard and files into a folder.
  /// - Returns: path of the storyboard.
  func write(to folder: String, from store: any ObjectStore) async throws -> String {
    let blobs = BlobStore(store)
    try FileManager.default.createDirectory(
      atPath: "\(folder)/\(Self.filesFolder)", withIntermediateDirectories: true)
    for file in files { try await blobs.fetch(file.sha256, to: "\(folder)/\(file.name)") }
    let path = "\(folder)/\(Self.storyboardName)"
    try await blobs.fetch(storyboard.sha256, to: path)
    return path
  }

  // MARK: - Files that a storyboard names

  private static func path(_ text: String, _ directory: URL) -> String? {
    guard text.contains(where: { $0 == "." || $0 == "/" }), !text.contains("\0"), !text.contains("://") else {
      return nil
    }
    let path = URL(filePath: text, relativeTo: directory).standardizedFileURL.path(percentEncoded: false)
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue ? path : nil
  }

  private static func paths(in value: JSONValue, _ directory: URL) -> Set<String> {
    if let text = value.stringValue { return Set([path(text, directory)].compactMap(\.self)) }
    if let items = value.arrayValue { return items.reduce(into: []) { $0.formUnion(paths(in: $1, directory)) } }
    return (value.objectValue ?? [:]).filter { !texts.contains($0.key) }
      .reduce(into: []) { $0.formUnion(paths(in: $1.value, directory)) }
  }

  /// The same fields with the names that files have in the store, and without what is resolved.
  private static func renaming(_ value: JSONValue, _ names: [String: String], _ directory: URL) -> JSONValue {
    if let text = value.stringValue {
      return path(text, directory).flatMap { names[$0] }.map(JSONValue.string) ?? value
    }
    if let items = value.arrayValue { return .array(items.map { renaming($0, names, directory) }) }
    guard let fields = value.objectValue else { return value }
    var renamed: [String: JSONValue] = [:]
    for (key, field) in fields where key != "variables" && key != "include" {
      renamed[key] = texts.contains(key) ? field : renaming(field, names, directory)
    }
    return .object(renamed)
  }
}

extension ExecutionPlan {
  /// Names what a person agrees to: shots, services, models, takes and price.
  public var consentToken: String {
    let shots = self.shots.map { shot in
      "\(shot.id) \(shot.provider) \(shot.model) \(shot.request?.takes ?? 1) \(shot.cost.map { "\($0.micro)" } ?? "?")"
    }
    return SHA256Text.of((shots + [digest]).joined(separator: "\n"))
  }
}
