import Presets
import Review
import Stitching
import Timing

/// Markers of a timeline from what was found in a master and said about it.
enum TimelineMarkers {
  /// A marker at each place of a finding that warns or fails; at the first frame where it concerns the whole master.
  /// - Parameter verification: as `verify --json` writes it.
  static func findings(_ verification: JSONValue?, rate: FrameRate) -> [EditMarker] {
    (verification?["findings"]?.arrayValue ?? []).flatMap { finding -> [EditMarker] in
      let severity = finding["severity"]?.stringValue
      guard severity == "fail" || severity == "warn", let check = finding["check"]?.stringValue else { return [] }
      let kind = EditMarker.Kind.finding(check: check, fails: severity == "fail")
      let message = finding["message"]?.stringValue ?? ""
      let places = finding["intervals"]?.arrayValue ?? []
      guard !places.isEmpty else { return [EditMarker(kind, frame: 0, name: check, comment: message)] }
      return places.map { place in
        let start = frame(place["start"], rate) ?? 0
        let end = frame(place["end"], rate) ?? start
        return EditMarker(kind, frame: start, frameCount: max(1, end - start), name: check, comment: message)
      }
    }
  }

  /// Notes, and shots that a reviewer rejected.
  static func notes(_ decisions: Decisions, of timeline: EditTimeline) -> [EditMarker] {
    func start(of shot: String?) -> Int { timeline.clips.first { $0.name == shot }?.start ?? 0 }
    let rejected = decisions.shots.filter { $0.decision == .reject }.map { entry in
      EditMarker(
        .note(reviewer: entry.reviewer, shot: entry.shot), frame: start(of: entry.shot),
        name: entry.reviewer.isEmpty ? "Rejected" : "Rejected by \(entry.reviewer)", comment: entry.shot)
    }
    return rejected
      + decisions.notes.map { note in
        let first = note.frame ?? start(of: note.shot)
        return EditMarker(
          .note(reviewer: note.reviewer, shot: note.shot), frame: first,
          frameCount: max(first, note.endFrame ?? first) + 1 - first,
          name: note.reviewer.isEmpty ? "Note" : "Note by \(note.reviewer)", comment: note.text)
      }
  }

  /// The frame that begins nearest to a time in seconds.
  private static func frame(_ seconds: JSONValue?, _ rate: FrameRate) -> Int? {
    guard let seconds = seconds?.doubleValue, seconds.isFinite, abs(seconds) < 1e9 else { return nil }
    return rate.frames(in: Rational(Int64((seconds * 1e6).rounded()), 1_000_000))
  }
}
