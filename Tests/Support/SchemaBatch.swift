import Foundation

/// Many JSON documents held against their schemas by one run of Python's `jsonschema`, an independent judge.
public struct SchemaBatch: Sendable {
  private struct Item: Encodable {
    let name: String
    let schema: String
    let document: String
  }

  /// The judge cannot be started; a test that needs it must fail.
  public struct Missing: Error, CustomStringConvertible {
    public let description: String
  }

  private static let program = """
    import json, sys
    from jsonschema import Draft202012Validator
    validators = {}
    for item in json.load(open(sys.argv[1], encoding="utf-8")):
        schema = item["schema"]
        if schema not in validators:
            loaded = json.load(open(schema, encoding="utf-8"))
            Draft202012Validator.check_schema(loaded)
            validators[schema] = Draft202012Validator(loaded)
        for error in validators[schema].iter_errors(json.loads(item["document"])):
            place = "/".join(str(part) for part in error.absolute_path)
            print(f"{item['name']}: {place}: {error.message[:300]}")
    """

  private var items: [Item] = []

  public init() {}

  public var count: Int { items.count }

  /// - Parameters:
  ///   - name: what the document is called in a complaint.
  ///   - document: JSON text.
  ///   - schema: the schema's file.
  public mutating func add(_ name: String, _ document: String, schema: String) {
    items.append(Item(name: name, schema: schema, document: document))
  }

  /// A line for everything that is wrong, led by the document's name; nothing when all are valid.
  public func problems() throws -> [String] {
    let folder = try ScratchFolder()
    let list = try folder.write("documents.json", try JSONEncoder().encode(items))
    var complaint = "no python3"
    for python in ["python3", "/usr/bin/python3"] {
      let result = try MediaTool.run(python, ["-c", Self.program, list])
      if result.status == 0 {
        return String(decoding: result.output, as: UTF8.self).split(separator: "\n").map(String.init)
      }
      complaint = result.errors
    }
    throw Missing(description: "the schema judge (python3-jsonschema) failed: \(complaint)")
  }
}
