import Foundation
import Presets
import Storyboard
import Support
import Testing

/// Shots with a provider, a model and a verify preset of their own.
@Suite struct ShotTargetTests {
  private let text = """
    model: kling-video-o3-4k-reference-to-video
    references: [style.png]
    elements:
      - {name: hero, frontal: hero.png, angles: [side.png]}
    defaults: {verify: clips}
    shots:
      - {id: 1, prompt: "@Image1 and @hero", model: other, provider: fal, verify: strict}
      - {id: 2, prompt: A quay.}
    """

  private func document(_ text: String) -> StoryboardDocument {
    StoryboardDocument(Data(text.utf8), directory: "/boards")
  }

  @Test func readsThemFromShotsAndDefaults() throws {
    let board = try document(text).storyboard()
    #expect(board.shots.map(\.id) == ["1", "2"], "numbers are ids without quotes")
    #expect(board.shots.map(\.model) == ["other", nil] && board.shots.map(\.provider) == ["fal", nil])
    #expect(board.shots.map(\.verify) == ["strict", "clips"])
    #expect(document("model: m\ndefaults: {model: x}\nshots: [{id: a, prompt: p}]").problems.count == 1)
  }

  @Test func checksEachShotAgainstItsOwnModel() throws {
    let library = try PresetLibrary(environment: [:])
    let kling = ShotTarget(provider: "oxen", model: try library.model(named: "kling-video-o3-4k-reference-to-video"))
    let veo = ShotTarget(provider: "oxen", model: try library.model(named: "google-veo-3-1"))
    let board = document(text)
    let images = FakeImages()
    let own = board.problems(against: ShotTargets(kling, own: [0: veo]), images: images)
    #expect(own.contains { $0.path == "elements" && $0.message.contains("google-veo-3-1") }, "\(own)")
    // Only the other shot goes there, and it mentions none.
    let other = board.problems(against: ShotTargets(kling, own: [1: veo]), images: images)
    #expect(!other.contains { ["elements", "references"].contains($0.path) }, "\(other)")
  }

  @Test func knowsWhatItsShotsAreFor() throws {
    let library = try PresetLibrary(environment: [:])
    let kling = try library.model(named: "kling-video-o3-4k-reference-to-video")
    let board = try document(text).storyboard()
    let free = ShotTarget(provider: "sandbox", model: kling)
    let targets = ShotTargets(free, own: [1: ShotTarget(provider: "oxen", model: kling)])
    #expect(targets.providers(of: board.shots) == ["sandbox", "oxen"] && targets.models(of: board.shots) == [kling.id])
    #expect(board.shots.map(targets.isPaid) == [false, true] && targets.distinct(of: board.shots).count == 2)
  }

  /// A new image of the hero makes the shot with it new, and no other.
  @Test func changesOnlyTheShotsThatMentionAnImage() throws {
    let model = try PresetLibrary(environment: [:]).model(named: "kling-video-o3-4k-reference-to-video")
    let board = try document(text).storyboard()
    func contents(_ version: String) -> [String] {
      board.shots.map { shot in
        board.canonicalContent(of: shot, model: model) { $0.written + version }
      }
    }
    let (before, after) = (contents("1"), contents("2"))
    #expect(before[0] != after[0] && before[1] == after[1])
  }
}
