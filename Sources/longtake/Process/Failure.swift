import ArgumentParser
import Captions
import Delivery
import Files
import Generation
import Ledger
import Libav
import Pipeline
import Settings
import Presets
import Review
import Sandbox
import Stitching
import Store
import Storyboard
import Verification

/// Turns any error into a message on stderr, a JSON answer where one is asked for, and an exit status.
enum Failure {
  /// - Parameter file: the file that failed, where a command takes several.
  static func report(_ error: any Error, file: String? = nil) -> ExitStatus {
    if error is CancellationError {
      answer("stopped; run the same command again to resume", Interruption.status, file: file)
      return Interruption.status
    }
    let error = FileError(foundation: error, file: file) ?? error
    guard let status = status(of: error) else { return reportArgumentError(error) }
    Terminal.error(String(describing: error))
    switch error {
    case let error as StoryboardError: answer(error.message, status, problems: error.problems, file: file)
    case let error as ConfigurationError: answer(error.message, status, problems: error.problems, file: file)
    case let error as CaptionError:
      let problems = error.problems.map { Problem(path: $0.check.rawValue, line: $0.line, message: $0.message) }
      answer(error.message, status, problems: problems, file: file)
    default: answer(String(describing: error), status, file: file)
    }
    return status
  }

  private static func answer(
    _ message: String, _ status: ExitStatus, problems: [Problem] = [], file: String? = nil
  ) {
    guard Answer.isJSON else { return }
    try? Answer.json(ErrorReport(file: file, error: message, problems: problems, exitStatus: status.code))
  }

  /// Nil for errors of the argument parser.
  static func status(of error: any Error) -> ExitStatus? {
    switch error {
    case let error as LibavError: status(error.code)
    case let error as FileError: status(error.code)
    case let error as StitchError: status(error.code)
    case let error as GenerationError: status(error.code)
    case let error as StoreError: status(error.code)
    case is ConfigurationError: .badInput
    case let error as PresetError: status(error.code)
    case let error as StoryboardError: status(error.code)
    case let error as LedgerError: status(error.code)
    case let error as PipelineError: status(error.code)
    case is NotYet: .interrupted
    case let error as SandboxError: status(error.code)
    case let error as ReviewError: status(error.code)
    case let error as DeliveryError: status(error.code)
    case let error as CaptionError: error.code == .notFound ? .inputNotFound : .badInput
    case is VerificationError: .badInput
    case let error as UsageError: error.status
    default: nil
    }
  }

  private static func status(_ code: LibavError.Code) -> ExitStatus {
    switch code {
    case .fileNotFound, .permissionDenied: .inputNotFound
    case .diskFull, .inputOutput: .inputOutput
    case .outOfMemory: .internalError
    default: .badInput
    }
  }

  private static func status(_ code: FileError.Code) -> ExitStatus {
    switch code {
    case .notFound, .permissionDenied: .inputNotFound
    case .diskFull, .inputOutput: .inputOutput
    default: .cannotCreate
    }
  }

  private static func status(_ code: StitchError.Code) -> ExitStatus {
    switch code {
    case .badRequest: .usage
    case .failedProof: .internalError
    default: .badInput
    }
  }

  private static func status(_ code: GenerationError.Code) -> ExitStatus {
    switch code {
    case .notAuthorised: .notAuthorised
    case .unavailable, .rateLimited, .timedOut, .answerLost, .malformedAnswer, .damagedDownload: .unavailable
    case .localFile: .inputOutput
    case .notFound: .inputNotFound
    case .unsupported: .usage
    default: .no
    }
  }

  private static func status(_ code: StoreError.Code) -> ExitStatus {
    switch code {
    case .notAuthorised: .notAuthorised
    case .notFound: .inputNotFound
    case .unsupported: .usage
    case .damaged: .badInput
    case .localFile: .inputOutput
    // Whether something was written is not known, or others write: safe to run again.
    case .answerLost, .conflict: .interrupted
    default: .unavailable
    }
  }

  private static func status(_ code: PresetError.Code) -> ExitStatus { code == .notFound ? .inputNotFound : .badInput }

  private static func status(_ code: StoryboardError.Code) -> ExitStatus {
    switch code {
    case .notFound: .inputNotFound
    case .unknownShot: .usage
    default: .badInput
    }
  }

  private static func status(_ code: LedgerError.Code) -> ExitStatus {
    switch code {
    case .notFound: .inputNotFound
    case .locked: .interrupted
    case .readOnly: .cannotCreate
    case .inputOutput: .inputOutput
    case .inconsistent: .internalError
    default: .badInput
    }
  }

  private static func status(_ code: PipelineError.Code) -> ExitStatus {
    switch code {
    case .invalidPlan: .badInput
    case .needsConsent, .unsupported: .usage
    case .cannotCreate: .cannotCreate
    case .inputOutput: .inputOutput
    default: .no
    }
  }

  private static func status(_ code: SandboxError.Code) -> ExitStatus {
    switch code {
    case .notLoopback: .usage
    case .cannotListen: .unavailable
    default: .cannotCreate
    }
  }

  private static func status(_ code: ReviewError.Code) -> ExitStatus {
    code == .cannotCreate ? .cannotCreate : .badInput
  }

  private static func status(_ code: DeliveryError.Code) -> ExitStatus {
    switch code {
    case .badRequest: .usage
    case .inconsistent: .internalError
    case .notSigned: .unavailable
    default: .badInput
    }
  }

  /// Help, version and bad usage, in the argument parser's own text.
  private static func reportArgumentError(_ error: any Error) -> ExitStatus {
    let code = Longtake.exitCode(for: error)
    let text = Longtake.fullMessage(for: error)
    if code.isSuccess {
      Answer.plain(text)
      return .done
    }
    let status: ExitStatus = code == .validationFailure ? .usage : .internalError
    if status == .usage { Terminal.plain(text) } else { Terminal.error(String(describing: error)) }
    answer(status == .usage ? Longtake.message(for: error) : String(describing: error), status)
    return status
  }
}
