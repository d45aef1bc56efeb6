import Captions
import Timing

enum CaptionTarget {
  static func run(_ bytes: [UInt8]) throws {
    _ = TimedText.text(of: bytes)
    for name in ["a.srt", "a.vtt"] {
      guard let file = try? CaptionFile(bytes: bytes, path: name) else { continue }
      guard let track = try? CaptionTrack(file, language: "eng", program: Rational(3600)) else { continue }
      for segment in track.segments(until: Rational(3600)) {
        let sample = TimedText.sample(segment.text)
        try require(TimedText.text(of: sample) == segment.text, "timed text is not what was written")
      }
      for format in CaptionFile.Format.allCases where !track.cues.isEmpty {
        let text = track.text(as: format)
        let again = try CaptionFile(bytes: Array(text.utf8), path: "again.\(format.rawValue)")
        try require(again.problems.isEmpty, "\(again.problems.first.map { "\($0)" } ?? "")")
        try require(again.cues.count == track.cues.count, "\(track.cues.count) cues become \(again.cues.count)")
      }
    }
  }
}
