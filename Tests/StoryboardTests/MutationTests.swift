import Foundation
import Presets
import Storyboard
import Support
import Testing

/// The same numbers on every run.
private struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite("Damaged storyboards")
struct MutationTests {
  /// Damaged copies that are read.
  private let rounds = 600

  @Test("a randomly damaged storyboard is read or refused with a reason, without a crash")
  func damage() async throws {
    let model = try PresetLibrary(environment: [:]).model(named: "kling-video-o3-4k-reference-to-video")
    let original = try Data(contentsOf: URL(filePath: ProjectFiles.path("fixtures/storyboards/three-shots.yaml")))
    let pieces = [
      "\0", "\t", "- ", ": ", "&a ", "*a ", "[", "}", "\"", "!!int ", "? ", "|", "9", "\u{FEFF}", "@x", "\r",
    ]
    var random = SeededGenerator(state: 1)
    var refused = 0
    for _ in 0..<rounds {
      // Other tests share these threads.
      await Task.yield()
      var data = original
      for _ in 0...Int.random(in: 0..<4, using: &random) {
        let place = Int.random(in: 0..<data.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: data[place] = UInt8.random(in: 0...255, using: &random)
        case 1: data.removeSubrange(place..<min(data.count, place + Int.random(in: 1..<20, using: &random)))
        default: data.insert(contentsOf: pieces.randomElement(using: &random)!.utf8, at: place)
        }
      }
      let document = StoryboardDocument(data, directory: "/boards")
      #expect(document.partial != nil || !document.problems.isEmpty)
      let problems = document.problems(against: model, images: FakeImages())
      if !problems.isEmpty { refused += 1 }
      // YAML 1.1 §5.4 breaks lines at these.
      let lines =
        String(decoding: data, as: UTF8.self).unicodeScalars.count {
          "\n\r\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0)
        } + 1
      let outside = problems.filter { $0.line.map { !(1...lines).contains($0) } ?? false }
      #expect(outside.isEmpty, "\(outside) of \(lines) lines: \(data.base64EncodedString())")
      if let storyboard = document.partial { _ = storyboard.inDependencyOrder.map { $0.cost(with: model) } }
    }
    #expect(refused > rounds / 4)
    #expect(refused < rounds)
  }
}
