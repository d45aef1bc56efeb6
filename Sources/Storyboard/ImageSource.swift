import Files
import Foundation
import Presets

/// An image that a storyboard names: a file, or an address that the service reads itself.
public struct ImageSource: Sendable, Hashable {
  public enum Location: Sendable, Hashable {
    /// An absolute path.
    case file(String)
    /// An `http:` or `https:` address.
    case address(String)
  }

  /// As it stands in the storyboard.
  public let written: String
  public let location: Location

  /// - Parameter directory: what relative paths are relative to, the storyboard's own.
  init(written: String, relativeTo directory: String) {
    self.written = written
    let lower = written.lowercased()
    if lower.hasPrefix("http://") || lower.hasPrefix("https://") {
      location = .address(written)
    } else {
      let base = URL(filePath: directory, directoryHint: .isDirectory)
      location = .file(URL(filePath: written, relativeTo: base).standardizedFileURL.path(percentEncoded: false))
    }
  }

  /// Why a text cannot name an image; nil when it can.
  static func refusal(of text: String) -> String? {
    let scheme = text.lowercased().prefixMatch(of: /([a-z][a-z0-9+.\-]*):/).map { String($0.output.1) }
    switch scheme {
    case "data":
      return
        "a 'data:' address is not accepted here: most models refuse it, and it would make the storyboard unreadable. "
        + "Save the image as a file and give its path."
    case "http", "https":
      guard let url = URL(string: text), url.host()?.isEmpty == false else {
        return "\(quoted(text)) is not a complete address, such as https://host/image.png."
      }
      return nil
    case .some(let scheme) where text.contains("://") || scheme == "file":
      return
        "addresses with '\(scheme):' are not accepted; give a path relative to the storyboard, or an http(s) address."
    default:
      return text.contains("\0") ? "a path cannot contain a NUL character." : nil
    }
  }
}
