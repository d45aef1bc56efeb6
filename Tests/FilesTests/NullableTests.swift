import Files
import Foundation
import Testing

@Suite struct NullableTests {
  private struct Answer: Codable, Equatable {
    var name: String
    @Nullable var cost: Double?
    @Nullable var shots: [String]?
  }

  @Test func noValueIsNull() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(Answer(name: "a", cost: nil, shots: ["x"])), as: UTF8.self)
    #expect(text == #"{"cost":null,"name":"a","shots":["x"]}"#)
  }

  @Test(arguments: [#"{"name":"a"}"#, #"{"name":"a","cost":null,"shots":null}"#])
  func nullAndMissingReadAlike(json: String) throws {
    let answer = try JSONDecoder().decode(Answer.self, from: Data(json.utf8))
    #expect(answer == Answer(name: "a", cost: nil, shots: nil))
  }
}
