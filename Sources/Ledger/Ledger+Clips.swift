import GRDB

extension Ledger {
  /// Records a clip that is whole under its final name, also for a generation whose success was not yet recorded.
  public func recordClip(generation: Int64, _ clip: ClipEntry) throws {
    try write(.clipRecorded) { database in
      let known = try Self.state(of: generation, in: database)
      guard known.rank <= GenerationEntry.State.downloaded.rank else {
        throw LedgerError(
          .inconsistent, "the generation \(generation) is \(known.rawValue); it cannot take a clip.")
      }
      try database.execute(
        sql: """
          UPDATE generations SET clip_path = ?, clip_bytes = ?, clip_sha256 = ?, downloaded_at = ? WHERE number = ?
          """,
        arguments: [clip.path, clip.bytes, clip.sha256, now(), generation])
      try Self.setState(generation, .downloaded, in: database)
    }
  }

  /// Records that a clip is missing or altered: it is downloaded again, not paid again.
  public func recordClipLost(generation: Int64) throws {
    try write(.clipLossRecorded) { database in
      try database.execute(
        sql: """
          UPDATE generations SET clip_path = NULL, clip_bytes = NULL, clip_sha256 = NULL, downloaded_at = NULL,
            verdict = NULL, verified_at = NULL, state = ? WHERE number = ? AND clip_path IS NOT NULL
          """,
        arguments: [GenerationEntry.State.succeeded.rawValue, generation])
      for kind in AnchorKind.allCases {
        try database.execute(sql: "DELETE FROM \(kind.table) WHERE generation = ?", arguments: [generation])
      }
    }
  }

  /// Records the verdict on a downloaded clip.
  /// - Parameter verdict: the whole verdict, JSON.
  public func recordVerdict(generation: Int64, isGood: Bool, verdict: String) throws {
    try write(.verdictRecorded) { database in
      let known = try Self.state(of: generation, in: database)
      guard [.downloaded, .verified, .rejected].contains(known) else {
        throw LedgerError(
          .inconsistent, "the generation \(generation) is \(known.rawValue); it has no clip to verify.")
      }
      try database.execute(
        sql: "UPDATE generations SET verdict = ?, verified_at = ? WHERE number = ?",
        arguments: [verdict, now(), generation])
      try Self.setState(generation, isGood ? .verified : .rejected, in: database)
    }
  }

  /// Records the image of a take's first or last frame, in place of an earlier one.
  /// - Parameters:
  ///   - mediaType: `image/png` or `image/jpeg`.
  ///   - selection: how the frame was chosen.
  ///   - detail: source time, colour handling and the like, JSON.
  public func recordAnchor(
    generation: Int64, _ file: ClipEntry, as kind: AnchorKind = .last, mediaType: String, selection: String = "",
    detail: String? = nil
  ) throws {
    try write(.anchorRecorded) { database in
      let known = try Self.state(of: generation, in: database)
      guard known == .verified else {
        throw LedgerError(
          .inconsistent, "the generation \(generation) is \(known.rawValue); only a verified clip seeds the next shot.")
      }
      try database.execute(
        sql: """
          INSERT OR REPLACE INTO \(kind.table) (generation, path, bytes, sha256, media_type, detail, created_at)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [generation, file.path, file.bytes, file.sha256, mediaType, detail, now()])
      try database.execute(
        sql: "INSERT OR IGNORE INTO anchor_identities (generation, kind, selection, sha256) VALUES (?, ?, ?, ?)",
        arguments: [generation, kind.rawValue, selection, file.sha256])
    }
  }

  /// SHA-256 of the first image that was recorded of a take's frame; it stays when the image is lost or made again.
  public func anchorIdentity(of generation: Int64, _ kind: AnchorKind = .last, selection: String = "") throws -> String?
  {
    try read { database in
      guard try database.tableExists("anchor_identities") else { return nil }
      return try String.fetchOne(
        database, sql: "SELECT sha256 FROM anchor_identities WHERE generation = ? AND kind = ? AND selection = ?",
        arguments: [generation, kind.rawValue, selection])
    }
  }

  public func anchor(of generation: Int64, _ kind: AnchorKind = .last) throws -> AnchorEntry? {
    try read { database in
      try Row.fetchOne(database, sql: "SELECT * FROM \(kind.table) WHERE generation = ?", arguments: [generation])
        .map(AnchorEntry.init(row:))
    }
  }
}
