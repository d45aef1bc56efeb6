import Libav
import Probing
public import Storyboard

/// Looks at picture files by decoding them.
public struct StillInspector: ImageInspector {
  public init() {}

  public func facts(of path: String) throws -> ImageFacts {
    do {
      let info = try StillInfo(path: path)
      return ImageFacts(
        format: info.format.rawValue, width: info.width, height: info.height, bytes: info.bytes, isPlain: info.isPlain,
        isUpright: info.orientation == .upright)
    } catch {
      throw LibavError(error.code, error.message)
    }
  }
}
