import Foundation
import Support
import Testing

/// Runs the program and checks its JSON against the schemas of `presets/schema`.
struct OutputFixture: Sendable {
  /// Names of objects that may have further members, from another program or the user.
  private static let open: Set<String> = ["format", "streams"]
  /// Names of such objects whose members are not checked.
  private static let foreign: Set<String> = [
    "actual", "disposition", "expected", "request", "side_data_list", "stitch", "tags", "value", "verification",
  ]
  /// Names of objects with any number of members.
  private static let maps: Set<String> = [
    "codecs", "keys", "libraries", "measurements", "presets", "provenance", "versions",
  ]

  private let presets: String
  private var documents: [(kind: String, text: String)] = []

  init(presets: String) { self.presets = presets }

  var count: Int { documents.count }

  static func schema(_ kind: String) -> String { ProjectFiles.path("presets/schema/\(kind).json") }

  /// Runs the program and keeps each line of its output as a document of this kind.
  mutating func run(
    _ kind: String, status: Int32 = 0, _ arguments: String..., hub: ScriptedHub? = nil
  ) async throws {
    var environment = ["LONGTAKE_PRESETS": presets]
    var arguments = arguments
    if let hub {
      arguments += ["--provider", "oxen", "--base-url", hub.baseURL, "--yes"]
      environment["OXEN_API_KEY"] = ScriptedHub.key
      environment["OXEN_NAMESPACE"] = "tester"
      environment["LONGTAKE_POLL_SECONDS"] = "0.1"
    }
    let result = try await LongtakeProgram.run(arguments, environment: environment)
    #expect(result.status == status, "\(arguments): \(result.errors)")
    for line in result.output.split(separator: "\n") { add(kind, String(line)) }
  }

  mutating func add(_ kind: String, _ text: String) { documents.append((kind, text)) }

  /// Keeps a file as a document of this kind; the `first` of a kind is the one whose members are removed.
  @discardableResult
  mutating func read(_ kind: String, _ path: String, first: Bool = false) throws -> String {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    documents.insert((kind, text), at: first ? 0 : documents.count)
    return text
  }

  /// Keeps a part of a report's master as a document of its own.
  mutating func add(_ kind: String, part: String, ofMasterIn report: String) throws {
    let object = try JSONSerialization.jsonObject(with: Data(report.utf8)) as? [String: Any]
    let master = try #require(object?["master"] as? [String: Any])
    add(kind, try Self.text(try #require(master[part])))
  }

  /// Where the documents break their schemas.
  func problems() throws -> [String] {
    var batch = SchemaBatch()
    for (number, document) in documents.enumerated() {
      batch.add("\(document.kind) \(number)", document.text, schema: Self.schema(document.kind))
    }
    return try batch.problems()
  }

  /// Changes that a schema should refuse and does not: one member more, or one less, in any object of the first document
  /// of each kind.
  func survivors(without skipped: Set<String> = []) throws -> [String] {
    var batch = SchemaBatch()
    var names: [String] = []
    var seen = skipped
    for document in documents where seen.insert(document.kind).inserted {
      for mutant in Self.mutants(try JSONSerialization.jsonObject(with: Data(document.text.utf8)), "") {
        let name = "\(names.count) \(document.kind)\(mutant.place)"
        names.append(name)
        batch.add(name, try Self.text(mutant.value), schema: Self.schema(document.kind))
      }
    }
    #expect(!names.isEmpty)
    let refused = Set(try batch.problems().compactMap { $0.split(separator: ":").first.map(String.init) })
    return names.filter { !refused.contains($0) }
  }

  /// Of a list, keeps and changes only the first.
  private static func mutants(_ value: Any, _ key: String) -> [(place: String, value: Any)] {
    if let list = value as? [Any] { return list.first.map { mutants($0, key) }?.map { ($0.place, [$0.value]) } ?? [] }
    guard let object = value as? [String: Any], !foreign.contains(key) else { return [] }
    func changed(_ name: String, _ member: Any?) -> [String: Any] {
      var copy = object
      copy[name] = member
      return copy
    }
    var found: [(place: String, value: Any)] = []
    if !open.contains(key) { found.append((" plus foreign", changed("foreign", ["a": 1]))) }
    for (name, member) in object {
      if !open.contains(key), !maps.contains(key) { found.append((" minus \(name)", changed(name, nil))) }
      found += mutants(member, name).map { ("/\(name)\($0.place)", changed(name, $0.value)) }
    }
    return found
  }

  private static func text(_ value: Any) throws -> String {
    String(decoding: try JSONSerialization.data(withJSONObject: value), as: UTF8.self)
  }
}
