import Storyboard

/// Frames by the last part of their path, without any file.
struct FakeImages: ImageInspector {
  struct Missing: Error, CustomStringConvertible {
    let description = "there is no such file."
  }

  var frames: [String: ImageFacts] = [:]

  func facts(of path: String) throws -> ImageFacts {
    guard let name = path.split(separator: "/").last, let facts = frames[String(name)] else { throw Missing() }
    return facts
  }
}
