import Foundation

/// Python's `jsonschema`, an independent validator of JSON Schemas that `scripts/setup --tests` installs.
public enum SchemaValidator {
  /// Problems of a JSON file by a schema; empty when it is valid.
  public static func problems(of document: String, schema: String) throws -> [String] {
    var batch = SchemaBatch()
    try batch.add("", String(contentsOfFile: document, encoding: .utf8), schema: schema)
    return try batch.problems().map { String($0.dropFirst(": ".count)) }
  }
}

/// Many JSON documents validated against their schemas by one run of Python.
public struct SchemaBatch: Sendable {
  private struct Item: Encodable {
    let name: String
    let schema: String
    let document: String
  }

  /// The validator cannot be started; a test that needs it must fail.
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
            # Versions before 4.18 resolve references against a relative id twice.
            loaded.pop("$id", None)
            validators[schema] = Draft202012Validator(loaded)
        for error in validators[schema].iter_errors(json.loads(item["document"])):
            place = "/".join(str(part) for part in error.absolute_path)
            print(f"{item['name']}: {place}: {error.message[:300]}")
    """

  private var items: [Item] = []

  public init() {}

  public var count: Int { items.count }

  /// - Parameters:
  ///   - name: leads every problem of this document.
  ///   - document: JSON text.
  ///   - schema: the schema's file.
  public mutating func add(_ name: String, _ document: String, schema: String) {
    items.append(Item(name: name, schema: schema, document: document))
  }

  /// One line for each problem, led by the document's name; empty when all are valid.
  public func problems() throws -> [String] {
    let folder = try ScratchFolder()
    let list = try folder.write("documents.json", try JSONEncoder().encode(items))
    var errors = "no python3"
    for python in ["python3", "/usr/bin/python3"] {
      let result = try MediaTool.run(python, ["-c", Self.program, list])
      if result.status == 0 { return result.text.split(separator: "\n").map(String.init) }
      errors = result.errors
    }
    throw Missing(description: "the validator (python3-jsonschema) failed: \(errors)")
  }
}
