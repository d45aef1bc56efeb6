import Foundation

/// An independent judge of JSON Schemas: Python's `jsonschema`, which `scripts/setup` installs.
public enum SchemaValidator {
  /// The judge cannot be started; a test that needs it must fail.
  public struct Missing: Error, CustomStringConvertible {
    public let description: String
  }

  private static let program = """
    import json, sys
    from jsonschema import Draft202012Validator
    schema = json.load(open(sys.argv[1], encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    document = json.load(open(sys.argv[2], encoding="utf-8"))
    for error in Draft202012Validator(schema).iter_errors(document):
        print("/".join(str(part) for part in error.absolute_path) + ": " + error.message[:300])
    """

  /// What is wrong with a JSON file by a schema; nothing when it is valid.
  public static func problems(of document: String, schema: String) throws -> [String] {
    for python in ["python3", "/usr/bin/python3"] {
      guard try run(python, ["-c", "import jsonschema"]).status == 0 else { continue }
      let (status, output, errors) = try run(python, ["-c", program, schema, document])
      guard status == 0 else { throw Missing(description: "the schema judge failed: \(errors)") }
      return output.split(separator: "\n").map(String.init)
    }
    throw Missing(description: "no python3 with the package jsonschema; install python3-jsonschema")
  }

  private static func run(_ program: String, _ arguments: [String]) throws -> (
    status: Int32, output: String, errors: String
  ) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaints = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text, complaints)
  }
}
