/// Why a model did not make a clip, in the words that the hub passes on.
struct ModelRefusal: Error, Sendable, CustomStringConvertible {
  let description: String

  /// A parameter that the model does not take.
  static func value(_ sentence: String) -> ModelRefusal {
    ModelRefusal(description: "Getting model response error: 422 - Value error, \(sentence)")
  }
}
