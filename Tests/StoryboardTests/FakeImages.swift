import Storyboard

/// Images by the last part of their path, without any file.
struct FakeImages: ImageInspector {
  struct Missing: Error, CustomStringConvertible {
    let description = "there is no such file."
  }

  var images: [String: ImageFacts] = [:]

  func facts(of path: String) throws -> ImageFacts {
    guard let name = path.split(separator: "/").last, let facts = images[String(name)] else { throw Missing() }
    return facts
  }
}
