import Foundation
import FuzzTargets
import Support
import Testing

/// Replays inputs that once were interesting to the fuzzer, and mutations of them from a fixed seed.
@Suite(.media) struct CorpusTests {
  /// Mutations of each input.
  private static let mutations = 12

  private struct Generator: RandomNumberGenerator {
    var state: UInt64

    /// SplitMix64.
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  @Test(arguments: FuzzTarget.allCases) func theCorpusIsReadWithoutAFailure(_ target: FuzzTarget) throws {
    let folder = ProjectFiles.path("Fuzzing/Corpus/\(target.rawValue)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    #expect(!names.isEmpty)
    var generator = Generator(state: 1)
    for name in names {
      let bytes = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
      do {
        try target.run(bytes)
        for _ in 0..<Self.mutations { try target.run(Self.mutated(bytes, &generator)) }
      } catch {
        Issue.record("\(target.rawValue)/\(name): \(error)")
      }
    }
  }

  private static func mutated(_ bytes: [UInt8], _ generator: inout Generator) -> [UInt8] {
    var bytes = bytes
    for _ in 0...Int.random(in: 0..<4, using: &generator) where !bytes.isEmpty {
      let place = Int.random(in: bytes.indices, using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes[place] = [0, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
      case 2: bytes.removeLast(bytes.count - place)
      default: bytes.insert(contentsOf: bytes[place...].prefix(8), at: place)
      }
    }
    return bytes
  }
}
