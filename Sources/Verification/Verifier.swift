import Foundation
import Libav
public import Presets
import Probing

/// Checks files against one preset: headers, packets, and every frame and all audio decoded once.
public struct Verifier: Sendable {
  public enum Mode: Sendable, Hashable {
    case full
    /// Headers, packets and keyframes only; what needs more answers `not_run`.
    case fast
  }

  public let spec: DeliverableSpec
  public let mode: Mode

  /// - Throws: ``VerificationError`` `unknownCheck` when the preset names what does not exist.
  public init(spec: DeliverableSpec, mode: Mode = .full) throws(VerificationError) {
    let mistakes = CheckCatalogue.mistakes(in: spec)
    guard mistakes.isEmpty else {
      throw VerificationError(code: .unknownCheck, message: mistakes.joined(separator: "\n"))
    }
    self.spec = spec
    self.mode = mode
  }

  /// Measures a file and holds it against the preset, and against what was asked for if that is known.
  ///
  /// Blocks while decoding; run it off an actor. Memory grows with the length of the media by some bytes a packet only.
  /// - Parameter progress: called now and then on this thread.
  /// - Throws: ``LibavError`` when the file is not there, is no file or may not be read, `CancellationError` when the task is
  ///   cancelled; a file that is no media gives a report that says so.
  public func verify(
    _ path: String, expectation: Expectation? = nil, progress: ((VerificationProgress) -> Void)? = nil
  ) throws -> VerificationReport {
    let expectation = expectation ?? Expectation()
    let pass: MediaPass
    do {
      let work = work(for: expectation)
      pass = try MediaPass(
        path: path, work: mode == .fast ? work.intersection(.onKeyframes) : work, onlyKeyframes: mode == .fast,
        expectation: expectation, progress: progress)
    } catch let error as LibavError {
      guard !Self.cannotBeRead.contains(error.code), FileManager.default.isReadableFile(atPath: path) else {
        throw error
      }
      return unopened(path, error)
    }
    return judge(path, Evidence(pass: pass, expectation: expectation))
  }

  /// What the rules need, and the checks that their circumstances name.
  private func work(for expectation: Expectation) -> Work {
    let rules = rules(for: expectation)
    var names = Set(rules.keys)
    for rule in rules.values { names.formUnion(rule.when.keys) }
    return CheckCatalogue.all.filter { names.contains($0.id) || names.contains(CheckCatalogue.underscored($0.id)) }
      .reduce(into: Work()) { $0.formUnion($1.needs) }
  }

  /// Failures that say nothing of the file's content.
  private static let cannotBeRead: Set<LibavError.Code> = [
    .fileNotFound, .permissionDenied, .outOfMemory, .inputOutput, .notAFile,
  ]

  private func judge(_ path: String, _ evidence: Evidence) -> VerificationReport {
    let results = CheckCatalogue.all.map { ($0, $0.measure(evidence)) }
    var circumstances = evidence.requested
    var measurements: [String: VerificationReport.Measured] = [:]
    for (check, result) in results where result.state == .measured && !check.id.hasPrefix("request.") {
      circumstances[check.id] = result.value
      circumstances[CheckCatalogue.underscored(check.id)] = result.value
      measurements[check.id] = VerificationReport.Measured(value: result.value, unit: check.unit)
    }
    let judge = Evaluator(circumstances: circumstances)
    let rules = rules(for: evidence.expectation)
    let findings = results.compactMap { check, result in
      rules[check.id].map { judge.finding(check, $0, result) }
    }
    return VerificationReport(
      file: path, preset: spec.id, isFast: mode == .fast, findings: findings, measurements: measurements,
      probe: evidence.probe)
  }

  /// The preset's rules, and those that follow from opening a file at all and from what was asked for.
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
    let judge = Evaluator(circumstances: [:])
    let findings = rules(for: Expectation()).sorted {
      CheckCatalogue.position(of: $0.key) < CheckCatalogue.position(of: $1.key)
    }.compactMap { id, rule -> Finding? in
      guard let check = CheckCatalogue.check(id) else { return nil }
      guard id == CheckCatalogue.opens.id else {
        let rule = DeliverableRule(condition: rule.condition, severity: rule.severity)
        return judge.finding(check, rule, .notRun("The file does not open."))
      }
      let words = error.log.last.map { "\(error.message) (\($0))" } ?? error.message
      return judge.finding(check, rule, .measured(false, "The file is no media that can be opened: \(words)."))
    }
    return VerificationReport(
      file: path, preset: spec.id, isFast: mode == .fast, findings: findings,
      measurements: [CheckCatalogue.opens.id: .init(value: false, unit: CheckCatalogue.opens.unit)], probe: nil)
  }
}
