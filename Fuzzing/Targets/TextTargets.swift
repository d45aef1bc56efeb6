import Foundation
import Generation
import Presets
import Storyboard

enum EventTarget {
  /// The first byte is the size of the pieces that the rest arrives in.
  static func run(_ bytes: [UInt8]) throws {
    guard let first = bytes.first else { return }
    let stream = bytes.dropFirst()
    var parser = EventStreamParser(limit: 1 << 12)
    let whole = try? parser.feed(stream)
    var other = EventStreamParser(limit: 1 << 12)
    var pieces: [ServerSentEvent]? = []
    var position = stream.startIndex
    while position < stream.endIndex, pieces != nil {
      let end = min(stream.endIndex, position + Int(first) + 1)
      let found = try? other.feed(stream[position..<end])
      pieces = found.flatMap { found in pieces.map { $0 + found } }
      position = end
    }
    try require(whole == pieces, "\(whole?.count ?? -1) events at once, \(pieces?.count ?? -1) in pieces")
    for event in whole ?? [] { _ = OxenResponse.ended(event) }
  }
}

enum StoryboardTarget {
  private static let model = try? PresetLibrary().models().first

  private struct NoImages: ImageInspector {
    func facts(of path: String) throws -> ImageFacts { throw FuzzFailure("there are no images") }
  }

  static func run(_ bytes: [UInt8]) {
    let document = StoryboardDocument(Data(bytes), directory: "/nonexistent")
    if let model { _ = document.problems(against: model, images: NoImages()) }
    _ = try? document.storyboard()
  }
}

enum PresetTarget {
  static func run(_ bytes: [UInt8]) {
    let problems = ProblemList()
    if let root = DocumentParser.parse(Data(bytes), problems: problems) {
      _ = ModelDescriptor(root, problems: problems)
      _ = DeliverableSpec(root, problems: problems)
    }
    _ = problems.inFileOrder.map { "\($0)" }
    guard let value = JSONText.decode(Data(bytes)) else { return }
    let live = LiveModel(value)
    _ = live.pricePerSecond(resolution: "4k")
    if let schema = live.schema ?? ParameterSchema(value) {
      _ = (schema.properties, schema.required, schema.problems(in: value.objectValue ?? [:]))
    }
  }
}

enum AnswerTarget {
  static func run(_ bytes: [UInt8]) throws {
    let body = Data(bytes)
    _ = ServiceFailure.message(in: body)
    _ = OxenResponse.jobs(body)
    _ = OxenResponse.models(body)
    _ = FalResponse.refusal(body)
    if let json = JSONText.decode(body) {
      _ = OxenResponse.job(json)
      _ = FalResponse.status(json)
      _ = FalResponse.video(json)
    }
    let text = String(decoding: bytes, as: UTF8.self)
    _ = HTTPDate.parse(text)
    if let base = URL(string: "https://host.example/a/b") { _ = GivenAddress(text, relativeTo: base) }
    var whole = EmbeddedClips()
    let atOnce = try? whole.feed(bytes).flatMap(\.bytes)
    var pieces = EmbeddedClips()
    let oneByOne = try? bytes.flatMap { try pieces.feed([$0]).flatMap(\.bytes) }
    try require(
      atOnce == oneByOne, "\(atOnce?.count ?? -1) bytes of clips at once, \(oneByOne?.count ?? -1) one by one")
  }
}
