import Files

/// A place of a master that an editor should look at.
public struct EditMarker: Sendable {
  public enum Kind: Sendable {
    /// Where two shots meet; nil where nothing was measured.
    case join(StitchReport.Join?)
    /// A rule that the master breaks: the id of the check, and whether it fails or only warns.
    case finding(check: String, fails: Bool)
    case note(reviewer: String, shot: String?)
  }

  public let kind: Kind
  /// The position in the master of its first frame.
  public private(set) var frame: Int
  /// 0 for a place between frames.
  public private(set) var frameCount: Int
  public let name: String
  public let comment: String

  public init(_ kind: Kind, frame: Int, frameCount: Int = 0, name: String, comment: String) {
    self.kind = kind
    self.frame = frame
    self.frameCount = frameCount
    self.name = name
    self.comment = comment
  }

  init(_ join: StitchReport.Join) {
    let dropped = counted(join.overlap, "frame") + " dropped"
    let change =
      switch join.transition {
      case "dissolve": "dissolve of \(counted(join.fadeFrames, "frame")), \(dropped)"
      case "dip": "dip to black, \(dropped)"
      default: dropped
      }
    self.init(.join(join), frame: join.frame, name: "Join \(join.index): \(change)", comment: join.reason)
  }

  /// Within a master of so many frames.
  func clamped(to count: Int) -> EditMarker {
    var marker = self
    marker.frame = min(max(0, frame), max(0, count - 1))
    marker.frameCount = min(max(0, frameCount), count - marker.frame)
    return marker
  }

  /// As OpenTimelineIO names colours.
  var color: String {
    switch kind {
    case .join: "GREEN"
    case .finding(_, let fails): fails ? "RED" : "ORANGE"
    case .note: "YELLOW"
    }
  }

  /// What a list shows in one line.
  var line: String { comment.isEmpty || comment == name ? name : "\(name): \(comment)" }
}
