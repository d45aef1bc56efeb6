import GRDB

/// Which frame of a clip other shots are made from.
public enum AnchorKind: String, Sendable, Hashable, CaseIterable {
  /// The next shot starts on it.
  case last
  /// The previous shot ends on it.
  case first

  var table: String { self == .last ? "anchors" : "openings" }
}

/// The last or first frame of a take, written as an image that the model accepts.
public struct AnchorEntry: Sendable, Hashable {
  public let generation: Int64
  public let file: ClipEntry
  /// `image/png` or `image/jpeg`.
  public let mediaType: String
  /// Source time, colour handling and the like, JSON.
  public let detail: String?
}

extension AnchorEntry {
  init(row: Row) {
    generation = row["generation"]
    file = ClipEntry(path: row["path"], bytes: row["bytes"], sha256: row["sha256"])
    mediaType = row["media_type"]
    detail = row["detail"]
  }
}
