import ArgumentParser
import Files
import Generation
import Ledger
import Libav
import Pipeline
import Presets
import Sandbox
import Stitching
import Storyboard
import Verification

/// Turns any error into a message on stderr and an exit status.
enum Failure {
  static func report(_ error: any Error) -> ExitStatus {
    if error is CancellationError { return Interruption.status }
    guard let status = status(of: error) else { return argumentStatus(error) }
    Terminal.error(String(describing: error))
    return status
  }

  /// Nil for errors that the argument parser words itself.
  static func status(of error: any Error) -> ExitStatus? {
    switch error {
    case let error as LibavError: status(error.code)
    case let error as FileError: status(error.code)
    case let error as StitchError: status(error.code)
    case let error as GenerationError: status(error.code)
    case let error as PresetError: status(error.code)
    case let error as StoryboardError: status(error.code)
    case let error as LedgerError: status(error.code)
    case let error as PipelineError: status(error.code)
    case let error as SandboxError: status(error.code)
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

  /// Help, version and bad usage, as the argument parser words them.
  private static func argumentStatus(_ error: any Error) -> ExitStatus {
    let code = Longtake.exitCode(for: error)
    let text = Longtake.fullMessage(for: error)
    if code.isSuccess {
      print(text)
      return .done
    }
    if code == .validationFailure {
      Terminal.plain(text)
      return .usage
    }
    Terminal.error(String(describing: error))
    return .internalError
  }
}

/// A request that makes no sense as given.
struct UsageError: Error, CustomStringConvertible {
  let description: String
  let status: ExitStatus

  init(_ message: String, status: ExitStatus = .usage) {
    description = message
    self.status = status
  }
}
