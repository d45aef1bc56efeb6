import GRDB

/// Marks the database as a ledger, in SQLite's `application_id`: "LTK1".
let ledgerApplicationID = 0x4C54_4B31

/// The tables, by version. A migration that was ever released is never changed; new ones are added.
enum LedgerSchema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { database in
      try database.execute(sql: version1)
      try database.execute(sql: "PRAGMA application_id = \(ledgerApplicationID)")
    }
    migrator.registerMigration("2") { database in try database.execute(sql: version2) }
    migrator.registerMigration("3") { database in try database.execute(sql: version3) }
    migrator.registerMigration("4") { database in try database.execute(sql: version4) }
    migrator.registerMigration("5") { database in try database.execute(sql: version5) }
    migrator.registerMigration("isolations") { database in try database.execute(sql: isolations) }
    migrator.registerMigration("holder") { database in try database.execute(sql: holder) }
    migrator.registerMigration("isolation start") { database in try database.execute(sql: isolationStart) }
    return migrator
  }

  /// Times are Unix seconds, amounts millionths of a dollar, digests SHA-256 in hexadecimal, paths relative to the
  /// workspace.
  private static let version1 = """
    CREATE TABLE storyboard (
      only INTEGER PRIMARY KEY CHECK (only = 1),
      path TEXT NOT NULL, title TEXT, digest TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
      created_at REAL NOT NULL, updated_at REAL NOT NULL
    ) STRICT;

    CREATE TABLE shots (
      id TEXT PRIMARY KEY, position INTEGER NOT NULL, digest TEXT NOT NULL,
      present INTEGER NOT NULL DEFAULT 1,
      chosen INTEGER REFERENCES generations (number)
    ) STRICT;

    CREATE TABLE intents (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      shot TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, parameters TEXT NOT NULL,
      request_digest TEXT NOT NULL, content_digest TEXT NOT NULL,
      state TEXT NOT NULL, created_at REAL NOT NULL, closed_at REAL
    ) STRICT;

    CREATE TABLE generations (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      intent INTEGER NOT NULL REFERENCES intents (number),
      shot TEXT NOT NULL, take INTEGER NOT NULL,
      remote_id TEXT, state TEXT NOT NULL, superseded INTEGER NOT NULL DEFAULT 0,
      submitted_at REAL, started_at REAL, completed_at REAL,
      cost_micro_usd INTEGER, error TEXT,
      clip_path TEXT, clip_bytes INTEGER, clip_sha256 TEXT, downloaded_at REAL,
      verdict TEXT, verified_at REAL,
      UNIQUE (shot, take)
    ) STRICT;
    CREATE INDEX generations_by_remote_id ON generations (remote_id);
    CREATE INDEX generations_by_intent ON generations (intent);

    CREATE TABLE anchors (
      generation INTEGER PRIMARY KEY REFERENCES generations (number),
      path TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, media_type TEXT NOT NULL,
      detail TEXT, created_at REAL NOT NULL
    ) STRICT;

    CREATE TABLE uploads (
      sha256 TEXT NOT NULL, store TEXT NOT NULL, address TEXT NOT NULL, created_at REAL NOT NULL,
      PRIMARY KEY (sha256, store)
    ) STRICT;

    CREATE TABLE redo_marks (
      number INTEGER PRIMARY KEY AUTOINCREMENT, shot TEXT NOT NULL, created_at REAL NOT NULL
    ) STRICT;
    """

  /// Shots regenerated between their neighbours.
  private static let isolations = """
    CREATE TABLE isolations (
      shot TEXT PRIMARY KEY, inputs_digest TEXT NOT NULL,
      anchor_generation INTEGER NOT NULL REFERENCES generations (number),
      path TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, created_at REAL NOT NULL
    ) STRICT;
    """

  /// The take on whose last frame such a shot starts, after another one; null where the shot before it decides.
  private static let isolationStart = """
    ALTER TABLE isolations ADD COLUMN start_generation INTEGER REFERENCES generations (number);
    """

  /// The process that writes this workspace. Stores are named by digests; the addresses of earlier names may hold the
  /// text of an upload command.
  private static let holder = """
    CREATE TABLE holder (
      only INTEGER PRIMARY KEY CHECK (only = 1),
      token TEXT NOT NULL, host TEXT NOT NULL, machine TEXT NOT NULL, boot TEXT NOT NULL, process INTEGER NOT NULL,
      taken_at REAL NOT NULL, beat_at REAL NOT NULL
    ) STRICT;
    DELETE FROM uploads;
    """

  /// When a request was sent and its answer lost; which cancelled generations may cost; what was agreed to before a run;
  /// which image made a shot, also when its file was made again.
  private static let version5 = """
    UPDATE intents SET state = 'released' WHERE state = 'uncertain';
    ALTER TABLE intents ADD COLUMN sent_at REAL;
    ALTER TABLE intents ADD COLUMN lost_at REAL;
    ALTER TABLE generations ADD COLUMN may_cost INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE agreements (
      shot TEXT PRIMARY KEY, provider TEXT NOT NULL, cost_micro_usd INTEGER NOT NULL, created_at REAL NOT NULL
    ) STRICT;
    CREATE TABLE anchor_identities (
      generation INTEGER NOT NULL REFERENCES generations (number), kind TEXT NOT NULL, selection TEXT NOT NULL,
      sha256 TEXT NOT NULL, PRIMARY KEY (generation, kind, selection)
    ) STRICT;
    """

  /// The names that the states have since.
  private static let version4 = """
    UPDATE generations SET state = 'pending' WHERE state = 'intended';
    UPDATE generations SET state = 'not_accepted' WHERE state = 'abandoned';
    UPDATE intents SET state = 'uncertain' WHERE state = 'given_up';
    """

  /// Whether a request blocks until its clip is ready, and whether it may have left; null in rows of an earlier version.
  private static let version3 = """
    ALTER TABLE intents ADD COLUMN blocking INTEGER;
    ALTER TABLE intents ADD COLUMN sent INTEGER;
    """

  /// First frames of takes, for shots that end on them.
  private static let version2 = """
    CREATE TABLE openings (
      generation INTEGER PRIMARY KEY REFERENCES generations (number),
      path TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, media_type TEXT NOT NULL,
      detail TEXT, created_at REAL NOT NULL
    ) STRICT;
    """
}
