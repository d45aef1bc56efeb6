import Timing

extension CaptionTrack {
  /// The whole file: UTF-8, lines ended by line feeds, in WebVTT after its header.
  public func text(as format: CaptionFile.Format) -> String {
    let blocks = cues.enumerated().map { number, cue in
      let separator = format == .subRip ? "," : "."
      let times =
        "\(CaptionTime.text(cue.start, separator: separator)) --> \(CaptionTime.text(cue.end, separator: separator))"
      switch format {
      case .subRip:
        return "\(number + 1)\n\(times)\n\(cue.isTop ? "{\\an8}" : "")\(cue.text.marked(escape: Self.subRip))\n"
      case .webVTT:
        let settings = cue.settings.isEmpty && cue.isTop ? "line:0" : cue.settings
        return "\(times)\(settings.isEmpty ? "" : " ")\(settings)\n\(cue.text.marked(escape: Self.webVTT))\n"
      }
    }
    return (format == .webVTT ? "WEBVTT\n\n" : "") + blocks.joined(separator: "\n")
  }

  /// SubRip has no escapes: an arrow in a text could be read as a line of times.
  private static func subRip(_ text: String) -> String { text.replacing("-->", with: "->") }

  private static func webVTT(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}

extension CaptionText {
  private static let tags: [(Style, String)] = [(.bold, "b"), (.italic, "i"), (.underlined, "u")]

  /// With the tags that SubRip and WebVTT share.
  fileprivate func marked(escape: (String) -> String) -> String {
    runs.map { run in
      let tags = Self.tags.filter { run.style.contains($0.0) }.map(\.1)
      return tags.map { "<\($0)>" }.joined() + escape(run.text) + tags.reversed().map { "</\($0)>" }.joined()
    }.joined()
  }
}
