import Foundation
import Libav
public import Presets
import Probing

/// Verifies files against one preset: headers, packets, and one decoding pass over frames and audio.
public struct Verifier: Sendable {
  public enum Mode: Sendable, Hashable {
    case full
    /// Headers, packets and keyframes only; checks that need more are `not_run`.
    case fast
  }

  public let spec: DeliverableSpec
  public let mode: Mode
  /// Applied besides the preset.
  public let policies: [MediaConchPolicy]

  /// - Throws: ``VerificationError`` `unknownCheck` when the preset uses an unknown name.
  public init(
    spec: DeliverableSpec, mode: Mode = .full, policies: [MediaConchPolicy] = []
  ) throws(VerificationError) {
    let mistakes = CheckCatalogue.mistakes(in: spec)
    guard mistakes.isEmpty else {
      throw VerificationError(code: .unknownCheck, message: mistakes.joined(separator: "\n"))
    }
    self.spec = spec
    self.mode = mode
    self.policies = policies
  }

  /// Measures a file and compares it with the preset, and with the request if that is known.
  ///
  /// Blocks while decoding; run it off an actor. Memory grows by some bytes for each packet only.
  /// - Parameter progress: called now and then on this thread.
  /// - Throws: ``LibavError`` when the file does not exist, is not a regular file or cannot be read; `CancellationError`
  ///   when the task is cancelled. A file that is not media gives a report with a failed finding.
  public func verify(
    _ path: String, expectation: Expectation? = nil, progress: ((VerificationProgress) -> Void)? = nil
  ) throws -> VerificationReport {
    let expectation = expectation ?? Expectation()
    let pass: MediaPass
    do {
      let analyses = analyses(for: expectation)
      pass = try MediaPass(
        path: path, analyses: mode == .fast ? analyses.intersection(.onKeyframes) : analyses,
        onlyKeyframes: mode == .fast, expectation: expectation, progress: progress)
    } catch let error as LibavError {
      guard !Self.unreadable.contains(error.code), FileManager.default.isReadableFile(atPath: path) else {
        throw error
      }
      return unopened(path, error)
    }
    return report(path, CheckInput(pass: pass, expectation: expectation))
  }

  /// What the rules need, and the checks in their `when`.
  private func analyses(for expectation: Expectation) -> Analyses {
    let rules = rules(for: expectation)
    var names = Set(rules.keys)
    for rule in rules.values { names.formUnion(rule.when.keys) }
    return CheckCatalogue.all.filter { names.contains($0.id) || names.contains(CheckCatalogue.underscored($0.id)) }
      .reduce(into: Analyses()) { $0.formUnion($1.needs) }
  }

  /// Failures that do not come from the file's content.
  private static let unreadable: Set<LibavError.Code> = [
    .fileNotFound, .permissionDenied, .outOfMemory, .inputOutput, .notAFile,
  ]

  private func report(_ path: String, _ input: CheckInput) -> VerificationReport {
    let results = CheckCatalogue.all.map { ($0, $0.measure(input)) }
    var circumstances = input.requested
    var measurements: [String: VerificationReport.Measured] = [:]
    for (check, result) in results where result.state == .measured && !check.id.hasPrefix("request.") {
      circumstances[check.id] = result.value
      circumstances[CheckCatalogue.underscored(check.id)] = result.value
      measurements[check.id] = VerificationReport.Measured(value: result.value, unit: check.unit)
    }
    let evaluator = Evaluator(circumstances: circumstances)
    let rules = rules(for: input.expectation)
    let findings = results.compactMap { check, result in
      rules[check.id].map { evaluator.finding(check, $0, result) }
    }
    let tracks = policies.isEmpty ? nil : MediaInfoTracks(input.probe)
    return VerificationReport(
      file: path, preset: spec.id, isFast: mode == .fast,
      findings: findings + policies.flatMap { $0.findings(tracks) }, measurements: measurements, probe: input.probe)
  }

  /// The preset's rules, `container.opens`, and the rules that follow from the request.
  private func rules(for expectation: Expectation) -> [String: DeliverableRule] {
    var implied = [CheckCatalogue.opens.id: DeliverableRule(condition: nil)]
    if expectation.size != nil { implied["request.size"] = DeliverableRule(condition: nil) }
    if expectation.duration != nil { implied["request.duration"] = DeliverableRule(condition: nil) }
    if expectation.frameRate != nil { implied["request.frame_rate"] = DeliverableRule(condition: nil) }
    if expectation.audio != nil { implied["request.audio"] = DeliverableRule(condition: nil) }
    if expectation.frameCount != nil { implied["request.frame_count"] = DeliverableRule(condition: nil) }
    let warning = DeliverableRule(condition: nil, severity: .warn)
    if expectation.cuts != nil { implied["request.cuts"] = warning }
    if expectation.startImage != nil { implied["request.start_image"] = warning }
    if expectation.endImage != nil { implied["request.end_image"] = warning }
    if !expectation.joins.isEmpty {
      for check in CheckCatalogue.joins { implied[check.id] = warning }
    }
    if expectation.audio == true {
      implied["audio.silent"] = DeliverableRule(condition: nil, severity: .warn, when: ["audio_present": true])
    }
    return spec.rules.merging(implied, uniquingKeysWith: { own, _ in own })
  }

  private func unopened(_ path: String, _ error: LibavError) -> VerificationReport {
    let evaluator = Evaluator(circumstances: [:])
    let findings = rules(for: Expectation()).sorted {
      CheckCatalogue.position(of: $0.key) < CheckCatalogue.position(of: $1.key)
    }.compactMap { id, rule -> Finding? in
      guard let check = CheckCatalogue.check(id) else { return nil }
      guard id == CheckCatalogue.opens.id else {
        let rule = DeliverableRule(condition: rule.condition, severity: rule.severity)
        return evaluator.finding(check, rule, .notRun("file does not open"))
      }
      let reason = error.log.last.map { "\(error.message) (\($0))" } ?? error.message
      return evaluator.finding(check, rule, .measured(false, reason))
    }
    return VerificationReport(
      file: path, preset: spec.id, isFast: mode == .fast,
      findings: findings + policies.flatMap { $0.findings(nil) },
      measurements: [CheckCatalogue.opens.id: .init(value: false, unit: CheckCatalogue.opens.unit)], probe: nil)
  }
}

/// Progress of decoding a file.
public struct VerificationProgress: Sendable, Hashable {
  /// Frames decoded.
  public let frames: Int
  /// 0–1 of the duration in the header; nil when it has none.
  public let fraction: Double?
}

/// Why a file could not be verified.
public struct VerificationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Kinds of failure; grows without breaking callers, so it is a struct.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    /// The preset uses an unknown check or an unknown name in `when`. Exit status 65.
    public static let unknownCheck = Code("unknown check")
    /// A MediaConch policy has rules that cannot be checked, or is none. Exit status 65.
    public static let unsupportedPolicy = Code("unsupported policy")
  }

  public let code: Code
  /// Every mistake, one a line, each with what to do.
  public let message: String

  public var description: String { message }
}
