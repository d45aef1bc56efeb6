import Files
import Foundation

/// The Content-Security-Policy of a page that is opened from disk: nothing but its own style sheet and script.
enum PagePolicy {
  /// - Parameters:
  ///   - script: nil for a page without one.
  ///   - media: whether it shows images, audio and video from this disk.
  static func text(style: String, script: String? = nil, media: Bool = false) -> String {
    let sources = "'self' file: data: blob:"
    return
      (["default-src 'none'"] + (script.map { ["script-src \(hash($0))"] } ?? []) + ["style-src \(hash(style))"]
      + (media ? ["img-src \(sources)", "media-src \(sources)"] : [])
      + [
        "base-uri 'none'", "form-action 'none'", "connect-src 'none'", "font-src 'none'", "object-src 'none'",
        "frame-src 'none'",
      ]).joined(separator: "; ")
  }

  private static func hash(_ text: String) -> String {
    let digest = MessageDigest()
    digest.update(text)
    return "'sha256-\(Data(digest.bytes).base64EncodedString())'"
  }
}
