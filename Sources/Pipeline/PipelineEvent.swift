public import Ledger
public import Stitching

/// What the pipeline is doing, for whoever draws or records it.
public enum PipelineEvent: Sendable {
  /// Work begins.
  case began(workspace: String, provider: String, model: String, shots: [String])
  /// A shot has come to another step.
  case shot(String, take: Int?, ShotStep)
  /// Bytes of a clip so far, and all of them where that is known.
  case downloading(String, take: Int, bytes: Int64, of: Int64?)
  /// Frames of a clip or, where the shot is nil, of the master decoded and checked.
  case verifying(String?, frames: Int, fraction: Double?)
  case stitching(StitchEvent)
  /// The master of an earlier run fits and is kept.
  case masterKept(path: String)
  case masterWritten(path: String, frames: Int)
  case drawingContactSheet
  /// Something a person should know and that stops nothing.
  case notice(String)
  case ended(isGood: Bool)
}

/// How far a shot is.
public enum ShotStep: Sendable, Hashable {
  /// Its clip of an earlier run is there and whole.
  case kept
  /// It is not known whether a request of an earlier attempt arrived.
  case reconciling
  case publishing(frames: Int)
  case submitting
  /// The service's ids.
  case submitted([String])
  /// A request that had been sent before was found at the service.
  case adopted([String])
  case waiting
  case processing
  case downloaded(bytes: Int64)
  /// The clip's verdict, and a sentence for each finding that made it so.
  case verified(verdict: String, reasons: [String])
  case anchored(AnchorKind, file: String)
  /// A take failed and another is paid for, as `--retries` allows.
  case retrying(Int, of: Int, why: String)
  case done(file: String)
  case failed(String)
  /// It starts from a shot that has failed.
  case blocked(by: String)
}

extension ShotStep {
  /// A few words for people.
  public var words: String {
    switch self {
    case .kept: "kept from an earlier run"
    case .reconciling: "looking for a request that may have arrived"
    case .publishing(let frames): "making \(frames) frame\(frames == 1 ? "" : "s") readable for the model"
    case .submitting: "sending the request"
    case .submitted(let ids): ids.isEmpty ? "sent" : "sent: \(ids.joined(separator: ", "))"
    case .adopted(let ids): "found at the service: \(ids.joined(separator: ", "))"
    case .waiting: "waiting"
    case .processing: "being generated"
    case .downloaded(let bytes): "downloaded, \(bytes) bytes"
    case .verified(let verdict, let reasons):
      reasons.isEmpty ? "checked: \(verdict)" : "checked: \(verdict): \(reasons.joined(separator: "; "))"
    case .anchored(let kind, let file): "\(kind.rawValue) frame written to \(file)"
    case .retrying(let number, let all, let why): "asking for another take (\(number) of \(all)): \(why)"
    case .done(let file): "done: \(file)"
    case .failed(let why): "failed: \(why)"
    case .blocked(let shot): "not begun: it starts from \(shot), which has failed"
    }
  }
}
