import Files
import Presets
import Storyboard

/// The provenance entries of a master's metadata.
///
/// Keys begin with `longtake.`. Prompts are identified by digest, and written in full only on request: the SHA-256 of model
/// and prompts, each followed by a NUL, in UTF-8; once for the video and once for each shot.
struct MasterProvenance {
  static let modelKey = "longtake.model"
  static let digestKey = "longtake.prompt_sha256"

  let entries: [String: String]

  init(_ storyboard: Storyboard, targets: ShotTargets, embedsPrompts: Bool) {
    let models = targets.models(of: storyboard.shots).joined(separator: ", ")
    var entries = [Self.modelKey: models]
    entries[Self.digestKey] = Self.digest(models, storyboard.shots.flatMap(\.prompt.texts))
    for shot in storyboard.shots {
      let key = "longtake.shot.\(shot.id)"
      entries["\(key).prompt_sha256"] = Self.digest(targets.model(of: shot).id, shot.prompt.texts)
      if embedsPrompts { entries["\(key).prompt"] = shot.prompt.texts.joined(separator: "\n") }
    }
    self.entries = entries
  }

  static func digest(_ model: String, _ prompts: [String]) -> String {
    SHA256Text.of(([model] + prompts).map { $0 + "\0" }.joined())
  }
}
