public import Presets
public import Stitching
public import Timing

/// What a page shows: a master, the shots it is made of, and what is known about them.
///
/// Paths are of files on this machine; the page gets copies or links of what it plays.
public struct ReviewSubject: Sendable {
  public var title: String
  /// Nil when there are only shots: nothing was stitched yet.
  public var master: String?
  public var shots: [ReviewShot] = []
  /// What the stitch reported; nil when the master was made elsewhere.
  public var stitch: StitchReport?
  /// The master's verdict as `verify --json` writes it; nil when it was not verified.
  public var verification: JSONValue?
  public var origin: ReviewOrigin?
  /// Why the master is not the current one; nil when it is.
  public var superseded: String?
  /// Earlier decisions to show.
  public var decisions: Decisions?

  public init(title: String, master: String?) {
    self.title = title
    self.master = master
  }
}

/// The storyboard and the service that a master comes from.
public struct ReviewOrigin: Sendable, Hashable {
  public var storyboard: String
  /// SHA-256, lower-case hexadecimal.
  public var storyboardSHA256: String
  public var provider: String
  public var model: String
  /// Whether the clips come from the simulator.
  public var isSimulated: Bool
  public var costUSD: Double
  public var uncertainUSD: Double
  /// `longtake` and the libraries that wrote the master, by name.
  public var versions: [String: String] = [:]

  public init(
    storyboard: String, storyboardSHA256: String, provider: String, model: String, isSimulated: Bool, costUSD: Double,
    uncertainUSD: Double
  ) {
    self.storyboard = storyboard
    self.storyboardSHA256 = storyboardSHA256
    self.provider = provider
    self.model = model
    self.isSimulated = isSimulated
    self.costUSD = costUSD
    self.uncertainUSD = uncertainUSD
  }
}

/// One shot of a storyboard, or one file of a stitch.
public struct ReviewShot: Sendable {
  public var id: String
  /// The parts of the prompt, in order.
  public var prompt: [String] = []
  public var model: String?
  /// Seconds asked for.
  public var seconds: Rational?
  public var costUSD: Double?
  /// The shot whose last frame it starts from.
  public var startsFrom: String?
  /// The image that the next shot was started from, made of this shot's chosen take.
  public var anchor: ReviewAnchor?
  public var takes: [ReviewTake] = []
  /// Why it has no clip.
  public var error: String?

  public init(id: String) { self.id = id }
}

/// The image made of a clip's last frames.
public struct ReviewAnchor: Sendable, Hashable {
  public var path: String
  /// SHA-256, lower-case hexadecimal.
  public var sha256: String
  /// Index of the frame in its clip.
  public var frame: Int?

  public init(path: String, sha256: String, frame: Int?) {
    self.path = path
    self.sha256 = sha256
    self.frame = frame
  }
}

/// One generated clip of a shot.
public struct ReviewTake: Sendable {
  public var number: Int
  /// Whether it is in the master.
  public var isChosen: Bool
  /// As the ledger names it, e.g. `verified`, `rejected`.
  public var state: String
  /// Nil while there is no clip.
  public var path: String?
  public var sha256: String?
  public var costUSD: Double?
  public var error: String?
  /// The clip's verdict as `verify --json` writes it.
  public var verification: JSONValue?

  public init(number: Int, isChosen: Bool, state: String, path: String?) {
    self.number = number
    self.isChosen = isChosen
    self.state = state
    self.path = path
  }
}
