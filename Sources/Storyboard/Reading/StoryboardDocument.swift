import Files
public import Foundation
public import Presets

/// A storyboard file as it was read: its valid part, and every problem.
public struct StoryboardDocument: Sendable {
  /// The file, for messages; nil for text without a file.
  public let path: String?
  /// The valid part, so that limits can be checked even when other parts are invalid; nil for none.
  public let partial: Storyboard?
  /// In the order of the file.
  public let problems: [Problem]
  /// The fields with included files and variables resolved; nil for a storyboard of one file without variables.
  public let resolved: JSONValue?
  /// All fields, with included files and variables resolved; nil when nothing could be parsed.
  public let fields: JSONValue?

  /// Reads a file of YAML or JSON, and the files that it includes.
  /// - Parameter variables: values by name, which override those of the file.
  /// - Throws: ``StoryboardError`` `notFound` or `unreadable`; problems inside the file are in ``problems``.
  public init(path: String, variables: [String: String] = [:]) throws {
    let data = try Self.contents(of: path)
    let directory = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
    self.init(data, directory: directory, path: path, variables: variables)
  }

  /// The bytes of a file, as many as a document may have and one more.
  static func contents(of path: String) throws(StoryboardError) -> Data {
    let attributes: [FileAttributeKey: Any]
    do {
      attributes = try FileManager.default.attributesOfItem(atPath: URL(filePath: path).resolvingSymlinksInPath().path)
    } catch {
      throw StoryboardError(.notFound, "there is no storyboard \(quoted(path)); check the path.")
    }
    guard attributes[.type] as? FileAttributeType == .typeRegular else {
      throw StoryboardError(.unreadable, "\(quoted(path)) is not a file; name the storyboard file.")
    }
    let handle = FileHandle(forReadingAtPath: path)
    defer { try? handle?.close() }
    guard let data = try? handle?.read(upToCount: DocumentParser.largestFile + 1) ?? Data(), handle != nil else {
      throw StoryboardError(.unreadable, "the storyboard \(quoted(path)) cannot be opened; check its permissions.")
    }
    return data
  }

  /// Reads YAML or JSON, and the files that it includes.
  /// - Parameters:
  ///   - directory: what the storyboard's relative paths are relative to.
  ///   - variables: values by name, which override those of the file.
  public init(_ data: Data, directory: String, path: String? = nil, variables: [String: String] = [:]) {
    let list = ProblemList()
    self.path = path
    guard let root = DocumentParser.parse(data, problems: list) else {
      (partial, resolved, fields, problems) = (nil, nil, nil, list.inFileOrder)
      return
    }
    let merged = StoryboardIncludes(directory: directory, problems: list).merged(root, given: variables)
    let values = StoryboardVariables(merged, given: variables, problems: list)
    values.reportUnknown(variables)
    let document = values.applied(to: merged)
    fields = document.jsonValue
    resolved = document == root && root[StoryboardVariables.key] == nil ? nil : fields
    partial = StoryboardReader(directory: directory, problems: list).read(document)
    problems = list.inFileOrder
  }

  /// All problems: those of the file itself and those against a model, in the order of the file.
  public func problems(against model: ModelDescriptor, images: any ImageInspector) -> [Problem] {
    let list = ProblemList()
    problems.forEach(list.add)
    partial?.problems(against: model, images: images).forEach(list.add)
    return list.inFileOrder
  }

  /// The same where shots may have providers and models of their own.
  public func problems(against targets: ShotTargets, images: any ImageInspector) -> [Problem] {
    let list = ProblemList()
    problems.forEach(list.add)
    partial?.problems(against: targets, images: images).forEach(list.add)
    return list.inFileOrder
  }

  /// The storyboard, when it has no problems.
  /// - Throws: ``StoryboardError`` `invalid` with every problem.
  public func storyboard() throws -> Storyboard {
    guard let partial, problems.isEmpty else {
      throw StoryboardError(.invalid, "the storyboard \(path ?? "") cannot be used:", problems: problems)
    }
    return partial
  }
}
