public import Files
public import Foundation

/// What reviewers decided about one master: `decisions.json`, as the page exports it.
public struct Decisions: Sendable, Hashable, Codable {
  public static let schema = "longtake.decisions/1"
  /// Bytes of a file at most.
  private static let maximumBytes = 64 << 20

  public enum Verdict: String, Sendable, Hashable, Codable { case approve, reject }

  /// Which master was judged.
  public struct Master: Sendable, Hashable, Codable {
    public let file: String
    /// Lower-case hexadecimal.
    public let sha256: String

    public init(file: String, sha256: String) {
      self.file = file
      self.sha256 = sha256
    }
  }

  /// One reviewer's decision about one shot.
  public struct Shot: Sendable, Hashable, Codable {
    public let shot: String
    public let reviewer: String
    /// Null when only a take was picked.
    @Nullable public internal(set) var decision: Verdict?
    /// Number of the picked take; null for none.
    @Nullable public internal(set) var pick: Int?
    /// ISO 8601, UTC.
    public let at: String

    public init(shot: String, reviewer: String, decision: Verdict?, pick: Int?, at: String) {
      self.shot = shot
      self.reviewer = reviewer
      self.at = at
      self.decision = decision
      self.pick = pick
    }
  }

  /// A remark about a frame or a range of frames of the master, or about a shot as a whole.
  public struct Note: Sendable, Hashable, Codable {
    public let id: String
    public let reviewer: String
    @Nullable public internal(set) var shot: String?
    /// Null for a note about a shot as a whole.
    @Nullable public internal(set) var frame: Int?
    /// The last frame of a range; null for one frame.
    @Nullable public internal(set) var endFrame: Int?
    public let text: String
    /// Strokes over the frame, each a list of points from 0 to 1 across and down.
    public let drawing: [[[Double]]]
    public let at: String

    private enum CodingKeys: String, CodingKey {
      case id, reviewer, shot, frame, text, drawing, at
      case endFrame = "end_frame"
    }
  }

  /// What reviewers disagree about.
  public struct Conflict: Sendable, Hashable, Codable {
    public let shot: String
    /// `decision` or `pick`.
    public let field: String
    public let values: [Value]

    public struct Value: Sendable, Hashable, Codable {
      public let reviewer: String
      public let value: String
    }
  }

  public let schema: String
  public let title: String
  /// Null when only shots were reviewed.
  @Nullable public internal(set) var master: Master?
  public let reviewers: [String]
  /// ISO 8601, UTC.
  public let written: String
  public let shots: [Shot]
  public let notes: [Note]
  public let conflicts: [Conflict]

  /// - Throws: ``ReviewError`` `invalidDecisions` naming the file; `FileError` when it cannot be read.
  public init(path: String) throws {
    guard let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber else {
      throw FileError(.notFound, "no such file", file: path)
    }
    guard size.int64Value <= Self.maximumBytes, let data = FileManager.default.contents(atPath: path) else {
      throw ReviewError(.invalidDecisions, "cannot be read, or is too large", file: path)
    }
    let read: Decisions
    do {
      read = try JSONDecoder().decode(Decisions.self, from: data)
    } catch let error as DecodingError {
      throw ReviewError(
        .invalidDecisions, "is no file of decisions exported by a review page: \(Self.place(error))", file: path)
    } catch {
      throw ReviewError(.invalidDecisions, "is no JSON", file: path)
    }
    guard read.schema == Self.schema else {
      throw ReviewError(
        .invalidDecisions, "has the schema \(quoted(read.schema)), expected '\(Self.schema)'", file: path)
    }
    self = Decisions(
      title: read.title, master: read.master, written: read.written, shots: read.shots, notes: read.notes)
  }

  private static func place(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, let context):
      (context.codingPath + [key]).map(\.stringValue).joined(separator: ".") + " is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      context.codingPath.isEmpty
        ? "it is no such JSON object" : context.codingPath.map(\.stringValue).joined(separator: ".") + " is not valid"
    @unknown default: "it is not valid"
    }
  }

  init(
    title: String, master: Master?, written: String, shots: [Shot], notes: [Note]
  ) {
    schema = Self.schema
    self.title = title
    reviewers = Set(shots.map(\.reviewer) + notes.map(\.reviewer)).sorted()
    self.written = written
    self.shots = shots
    self.notes = notes
    conflicts = Self.conflicts(shots)
    self.master = master
  }

  /// Decisions of several reviewers about the same master as one; of several decisions of one reviewer about a shot, the
  /// latest counts.
  /// - Parameter files: with the names to show in errors.
  /// - Throws: ``ReviewError`` `invalidDecisions` when they are about different masters.
  public static func merged(_ files: [(name: String, decisions: Decisions)], at date: Date) throws -> Decisions {
    guard let first = files.first else {
      throw ReviewError(.invalidDecisions, "there is nothing to merge", file: "decisions")
    }
    for other in files.dropFirst() where other.decisions.master?.sha256 != first.decisions.master?.sha256 {
      throw ReviewError(
        .invalidDecisions, "is about another master than \(first.name); only decisions about one master merge",
        file: other.name)
    }
    var shots: [Shot] = []
    for shot in files.flatMap(\.decisions.shots) {
      if let known = shots.firstIndex(where: { $0.shot == shot.shot && $0.reviewer == shot.reviewer }) {
        if shots[known].at <= shot.at { shots[known] = shot }
      } else {
        shots.append(shot)
      }
    }
    var notes: [Note] = []
    for note in files.flatMap(\.decisions.notes) {
      if let known = notes.firstIndex(where: { $0.id == note.id && $0.reviewer == note.reviewer }) {
        if notes[known].at <= note.at { notes[known] = note }
      } else {
        notes.append(note)
      }
    }
    return Decisions(
      title: first.decisions.title, master: first.decisions.master, written: date.formatted(.iso8601), shots: shots,
      notes: notes.sorted { ($0.frame ?? -1, $0.at) < ($1.frame ?? -1, $1.at) })
  }

  private static func conflicts(_ shots: [Shot]) -> [Conflict] {
    var order: [String] = []
    for shot in shots where !order.contains(shot.shot) { order.append(shot.shot) }
    return order.flatMap { id -> [Conflict] in
      let own = shots.filter { $0.shot == id }
      let verdicts = own.compactMap { entry in
        entry.decision.map { Conflict.Value(reviewer: entry.reviewer, value: $0.rawValue) }
      }
      let picks = own.compactMap { entry in
        entry.pick.map { Conflict.Value(reviewer: entry.reviewer, value: "\($0)") }
      }
      return [("decision", verdicts), ("pick", picks)].filter { Set($0.1.map(\.value)).count > 1 }.map {
        Conflict(shot: id, field: $0.0, values: $0.1)
      }
    }
  }

  /// Takes to pick, in the order of the file, where no two reviewers disagree.
  public var picks: [(shot: String, take: Int)] { agreed("pick") { $0.pick }.map { ($0.shot, $0.value) } }

  /// Shots to regenerate: rejected, and not by only some of the reviewers who judged them.
  public var rejected: [String] {
    agreed("decision") { $0.decision }.filter { $0.value == .reject }.map(\.shot)
  }

  private func agreed<Value>(_ field: String, _ value: (Shot) -> Value?) -> [(shot: String, value: Value)] {
    let disputed = Set(conflicts.filter { $0.field == field }.map(\.shot))
    var seen = disputed
    return shots.compactMap { entry in
      guard let found = value(entry), seen.insert(entry.shot).inserted else { return nil }
      return (entry.shot, found)
    }
  }

  /// The JSON text, keys sorted.
  public func json() throws -> Data { try JSONOutput.data(self, pretty: true) }
}
