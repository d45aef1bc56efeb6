public import Delivery
import Files
public import Ledger
public import Review
public import Stitching

/// Progress of a run, for display and for the log.
public enum PipelineEvent: Sendable {
  /// The run starts.
  case began(workspace: String, provider: String, model: String, shots: [String])
  /// A shot has reached another step.
  case shot(String, take: Int?, ShotStep)
  /// Bytes of a clip so far, and its size where that is known.
  case downloading(String, take: Int, bytes: Int64, of: Int64?)
  /// Frames of a clip or, where the shot is nil, of the master decoded and verified.
  case verifying(String?, frames: Int, fraction: Double?)
  case stitching(StitchEvent)
  /// The master of an earlier run is still valid and is kept.
  case masterKept(path: String)
  case masterWritten(path: String, frames: Int)
  case drawingContactSheet
  case reviewing(ReviewEvent)
  case reviewWritten(path: String)
  case delivering(DeliveryEvent)
  /// A delivery version is made; its verdict, `fail` when it was not delivered.
  case delivered(path: String, verdict: String)
  /// The delivery versions of an earlier run are still valid and are kept.
  case deliverablesKept(count: Int)
  /// A warning that stops nothing.
  case notice(String)
  case ended(isGood: Bool)
}

/// How far a shot is.
public enum ShotStep: Sendable, Hashable {
  /// Its clip of an earlier run is whole and is kept.
  case kept
  /// Looking for a request whose answer was lost.
  case reconciling
  case uploading(images: Int)
  case submitting
  /// The service's ids.
  case submitted([String])
  /// Generations of a request whose answer was lost were found at the service.
  case adopted([String])
  case waiting
  case processing
  case downloaded(bytes: Int64)
  /// The clip's verdict, and the messages of the findings that decided it.
  case verified(verdict: String, reasons: [String])
  case anchored(AnchorKind, file: String)
  /// A take failed and another is paid for, as `--retries` allows.
  case retrying(Int, of: Int, why: String)
  case done(file: String)
  case failed(String)
  /// It depends on a shot that failed.
  case blocked(by: String)
}

extension ShotStep {
  /// A short text for the step.
  public var text: String {
    switch self {
    case .kept: "kept from an earlier run"
    case .reconciling: "looking for a request whose answer was lost"
    case .uploading(let images): "uploading \(counted(images, "image"))"
    case .submitting: "sending the request"
    case .submitted(let ids): ids.isEmpty ? "submitted" : "submitted: \(ids.joined(separator: ", "))"
    case .adopted(let ids): "found at the service: \(ids.joined(separator: ", "))"
    case .waiting: "waiting"
    case .processing: "generating"
    case .downloaded(let bytes): "downloaded, \(bytes) bytes"
    case .verified(let verdict, let reasons):
      reasons.isEmpty ? "verified: \(verdict)" : "verified: \(verdict): \(reasons.joined(separator: "; "))"
    case .anchored(let kind, let file): "\(kind.rawValue) frame written to \(file)"
    case .retrying(let number, let all, let why): "requesting another take (\(number) of \(all)): \(why)"
    case .done(let file): "done: \(file)"
    case .failed(let why): "failed: \(why)"
    case .blocked(let shot): "skipped: depends on \(shot), which failed"
    }
  }
}
