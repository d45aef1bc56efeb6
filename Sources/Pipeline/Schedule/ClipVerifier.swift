import Foundation
import Presets
import Probing
import Storyboard
import Timing
import Verification

/// Verifies a clip against what was asked and paid for.
struct ClipVerifier: Sendable {
  /// Seconds that the audio may end before or after the video; services deliver some milliseconds.
  private static let audioTolerance = 0.25

  /// The rules for every clip, whatever was asked for.
  static let spec = DeliverableSpec(
    id: "clip", title: "Generated clip", source: "What a clip must be to be joined", extends: nil,
    rules: [
      "container.opens": DeliverableRule(condition: nil),
      "container.truncated": DeliverableRule(condition: .equals(false)),
      "decode.clean": DeliverableRule(condition: .equals(true)),
      "video.present": DeliverableRule(condition: .equals(true)),
      "video.frame_rate.constant": DeliverableRule(condition: .equals(true)),
      "audio.length": DeliverableRule(
        condition: .atMost(audioTolerance), severity: .warn, when: ["audio_present": true]),
    ])

  /// Checks that fail when a download was damaged, whatever the model made.
  private static let wholenessChecks: Set<String> = ["container.opens", "container.truncated", "decode.clean"]

  let expectation: Expectation
  private let spec: DeliverableSpec

  /// - Parameters:
  ///   - spec: rules of the storyboard beside those for every clip.
  ///   - startImage: path of the image that the clip was to start on, if any.
  ///   - endImage: of the one it was to end on.
  init(
    shot: Shot, model: ModelDescriptor, spec: DeliverableSpec? = nil, startImage: String? = nil, endImage: String? = nil
  ) {
    let audio = model.implies(audio: true) ? true : model.implies(audio: false) ? false : shot.generateAudio
    var expectation = Expectation(
      size: model.format(at: shot.resolution).size(aspectRatio: shot.aspectRatio).map { ($0.width, $0.height) },
      duration: shot.seconds(with: model), audio: audio, frameRate: model.output.frameRate)
    if case .multiple(let parts) = shot.prompt {
      var time = Rational.zero
      expectation.cuts = parts.dropLast().map { part in
        time = time + part.seconds
        return time
      }
    }
    expectation.startImage = startImage
    expectation.endImage = endImage
    self.expectation = expectation
    self.spec = spec.map { $0.extended(by: Self.spec) } ?? Self.spec
  }

  /// Blocks while it decodes.
  func verify(
    _ path: String, progress: @escaping (VerificationProgress) -> Void
  ) throws -> VerificationReport {
    try Verifier(spec: spec).verify(path, expectation: expectation, progress: progress)
  }

  /// Messages of the findings of a damaged body; empty when it is whole.
  static func damage(in report: VerificationReport) -> [String] {
    report.findings.filter { $0.status == .fail && wholenessChecks.contains($0.check) }.map(\.message)
  }

  /// Whether a verdict as the ledger keeps it is of a damaged body.
  static func isDamage(verdict json: String?) -> Bool {
    failed(inVerdict: json).contains { wholenessChecks.contains($0.check) }
  }

  /// The messages of failed findings in a verdict as the ledger keeps it.
  static func reasons(inVerdict json: String?) -> [String] { failed(inVerdict: json).map(\.message) }

  /// `pass`, `warn` or `fail` of a verdict as the ledger keeps it.
  static func verdict(in json: String?) -> String? {
    struct Kept: Decodable { let verdict: String }
    return json.flatMap { try? JSONDecoder().decode(Kept.self, from: Data($0.utf8)) }?.verdict
  }

  private struct KeptFinding: Decodable {
    let check: String
    let status: String
    let message: String
  }

  private static func failed(inVerdict json: String?) -> [KeptFinding] {
    struct Kept: Decodable { let findings: [KeptFinding] }
    guard let json, let kept = try? JSONDecoder().decode(Kept.self, from: Data(json.utf8)) else { return [] }
    return kept.findings.filter { $0.status == "fail" }
  }
}

extension DeliverableSpec {
  /// This spec with rules of another that always apply.
  fileprivate func extended(by other: DeliverableSpec) -> DeliverableSpec {
    DeliverableSpec(
      id: id, title: title, source: source, extends: extends,
      rules: rules.merging(other.rules) { $1.severity == .fail ? $1 : $0 })
  }
}
