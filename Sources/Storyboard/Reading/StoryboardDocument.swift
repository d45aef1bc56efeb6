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

  /// Reads a file of YAML or JSON.
  /// - Throws: ``StoryboardError`` `notFound` or `unreadable`; problems inside the file are in ``problems``.
  public init(path: String) throws {
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
    let directory = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
    self.init(data, directory: directory, path: path)
  }

  /// Reads YAML or JSON.
  /// - Parameter directory: what the storyboard's relative paths are relative to.
  public init(_ data: Data, directory: String, path: String? = nil) {
    let list = ProblemList()
    self.path = path
    partial = DocumentParser.parse(data, problems: list).flatMap {
      StoryboardReader(directory: directory, problems: list).read($0)
    }
    problems = list.inFileOrder
  }

  /// All problems: those of the file itself and those against a model, in the order of the file.
  public func problems(against model: ModelDescriptor, images: any ImageInspector) -> [Problem] {
    let list = ProblemList()
    problems.forEach(list.add)
    partial?.problems(against: model, images: images).forEach(list.add)
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
