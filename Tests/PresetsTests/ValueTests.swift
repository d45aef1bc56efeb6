import Presets
import Testing
import Timing

@Suite("Money and canonical JSON")
struct ValueTests {
  @Test("dollars are exact")
  func dollars() throws {
    let price = try #require(USD(parsing: "0.42"))
    #expect(price.times(Rational(9)).decimal == "3.78")
    #expect((0..<1000).reduce(USD.zero) { sum, _ in sum + price }.decimal == "420.00")
    #expect(price.times(Rational(1, 3)).micro == 140_000)
    #expect(USD(micro: 1).times(Rational(1, 3)).micro == 1)
    #expect(USD(micro: 52_500).description == "$0.0525")
    for wrong in ["-1", "1/2", "0.1234567", "", "x", "1:2"] { #expect(USD(parsing: wrong) == nil) }
  }

  @Test("one value has one spelling")
  func canonical() {
    let value: JSONValue = ["b": [1, 2.5, .null, true], "a": "\"\\\n é", "A": 1.0]
    #expect(value.canonicalJSON == #"{"A":1.0,"a":"\"\\\u000a é","b":[1,2.5,null,true]}"#)
    #expect(JSONValue.number(.nan).canonicalJSON == "null")
  }

  @Test("a duration limit is described for messages")
  func durations() {
    #expect(Rational(5, 2).plain == "2.5")
    #expect(Rational(-1, 8).plain == "-0.125")
    #expect(Rational(1, 3).plain == "1/3")
    #expect(Rational(7).plain == "7")
  }
}
