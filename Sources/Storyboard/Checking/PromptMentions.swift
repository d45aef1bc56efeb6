import Files
import Presets

/// A piece of a prompt: text as it is, or a `@word`.
private enum PromptPiece {
  case text(Substring)
  case mention(Substring)
}

extension Storyboard {
  /// The references that a shot's request holds: those that its prompts mention. Where no prompt of the storyboard mentions
  /// one, all are of style and part of every request.
  public func sentReferences(of shot: Shot) -> [ImageSource] { sentPlaces(of: shot).references.map { references[$0] } }

  /// The same of videos.
  public func sentVideos(of shot: Shot) -> [String] { sentPlaces(of: shot).videos.map { videos[$0] } }

  /// The same of elements.
  public func sentElements(of shot: Shot) -> [Element] { sentPlaces(of: shot).elements.map { elements[$0] } }

  /// A prompt as it is sent: an element or reference is named by its place among those in the request, so that `@name`
  /// becomes `@Element1`.
  public func sentPrompt(_ text: String, of shot: Shot) -> String { prompt(text, naming: sentPlaces(of: shot)) }

  /// Places in ``references``, ``videos`` and ``elements``, from 0, in order.
  struct MentionPlaces: Equatable {
    var references: [Int] = []
    var videos: [Int] = []
    var elements: [Int] = []
  }

  func sentPlaces(of shot: Shot) -> MentionPlaces {
    var places = mentioned(in: shot)
    let all = shots.map(mentioned(in:))
    if all.allSatisfy(\.references.isEmpty) { places.references = Array(references.indices) }
    if all.allSatisfy(\.videos.isEmpty) { places.videos = Array(videos.indices) }
    if all.allSatisfy(\.elements.isEmpty) { places.elements = Array(elements.indices) }
    return places
  }

  /// All references and elements, as earlier versions sent them.
  var allPlaces: MentionPlaces {
    MentionPlaces(
      references: Array(references.indices), videos: Array(videos.indices), elements: Array(elements.indices))
  }

  private func mentioned(in shot: Shot) -> MentionPlaces {
    let words = shot.prompt.texts.flatMap(pieces(of:)).compactMap { piece in
      if case .mention(let word) = piece { word } else { nil }
    }
    func places(_ place: (Substring) -> Int?, below count: Int) -> [Int] {
      Set(words.compactMap(place)).filter { (0..<count).contains($0) }.sorted()
    }
    return MentionPlaces(
      references: places(referencePlace, below: references.count), videos: places(videoPlace, below: videos.count),
      elements: places(elementPlace, below: elements.count))
  }

  func prompt(_ text: String, naming places: MentionPlaces) -> String {
    pieces(of: text).map { piece in
      switch piece {
      case .text(let text): return String(text)
      case .mention(let word):
        if let number = elementPlace(word).flatMap(places.elements.firstIndex(of:)) { return "@Element\(number + 1)" }
        if let number = referencePlace(word).flatMap(places.references.firstIndex(of:)) { return "@Image\(number + 1)" }
        if let number = videoPlace(word).flatMap(places.videos.firstIndex(of:)) { return "@Video\(number + 1)" }
        return "@\(word)"
      }
    }.joined()
  }

  private func elementPlace(_ word: Substring) -> Int? {
    elementNumber(word).map { $0 - 1 } ?? Self.number(of: word, after: "Element").map { $0 - 1 }
  }

  private func referencePlace(_ word: Substring) -> Int? { Self.number(of: word, after: "Image").map { $0 - 1 } }

  private func videoPlace(_ word: Substring) -> Int? { Self.number(of: word, after: "Video").map { $0 - 1 } }

  private static func number(of word: Substring, after kind: String) -> Int? {
    word.hasPrefix(kind) ? Int(word.dropFirst(kind.count)) : nil
  }

  /// Mentions in prompts without an element or reference.
  func mentionProblems() -> [Problem] {
    shots.flatMap { shot in
      shot.prompt.texts.enumerated().flatMap { index, text in
        let isSingle = shot.prompt.seconds == nil
        let path = "shots[\(shot.index)]." + (isSingle ? "prompt" : "multi_prompt[\(index)].prompt")
        return unknownMentions(in: text).map { problem(at: path, $0) }
      }
    }
  }

  private func unknownMentions(in text: String) -> [String] {
    pieces(of: text).compactMap { piece in
      guard case .mention(let word) = piece, elementNumber(word) == nil else { return nil }
      if let match = word.wholeMatch(of: /(Element|Image|Video)([0-9]+)/) {
        let (what, count) =
          switch match.output.1 {
          case "Element": ("elements", elements.count)
          case "Video": ("video_references", videos.count)
          default: ("references", references.count)
          }
        if let number = Int(match.output.2), (1...max(count, 1)).contains(number), count > 0 { return nil }
        return "the prompt mentions @\(word), but there are \(count) \(what)"
          + (count > 0
            ? "; use @\(match.output.1)1 to @\(match.output.1)\(count)." : "; add them or remove the mention.")
      }
      let known =
        elements.map(\.name).filter { !$0.isEmpty } + numbered("Element", elements.count)
        + numbered("Image", references.count) + numbered("Video", videos.count)
      let hint =
        known.isEmpty
        ? "The storyboard has no elements and no references." : suggestion(for: String(word), among: known)
      return "the prompt mentions \(quoted("@\(word)")), which is not an element. \(hint)"
    }
  }

  private func numbered(_ word: String, _ count: Int) -> [String] { (0..<count).map { "\(word)\($0 + 1)" } }

  private func elementNumber(_ word: Substring) -> Int? {
    elements.firstIndex { $0.name == word }.map { $0 + 1 }
  }

  /// Splits at every `@word` that does not follow a letter or digit, as it would in an e-mail address. Of a word such
  /// as `hero-like` the longest beginning that is an element's name counts.
  private func pieces(of text: String) -> [PromptPiece] {
    guard text.utf8.contains(UInt8(ascii: "@")) else { return [.text(text[...])] }
    var pieces: [PromptPiece] = []
    var rest = text[...]
    for match in text.matches(of: /@([A-Za-z][A-Za-z0-9_\-]*)/) {
      if match.range.lowerBound > text.startIndex {
        let before = text[text.index(before: match.range.lowerBound)]
        if before.isLetter || before.isNumber { continue }
      }
      let word = named(match.output.1)
      pieces.append(.text(text[rest.startIndex..<match.range.lowerBound]))
      pieces.append(.mention(word))
      rest = text[word.endIndex...]
    }
    return pieces + [.text(rest)]
  }

  private func named(_ word: Substring) -> Substring {
    var name = word
    while elementNumber(name) == nil, name.wholeMatch(of: /(Element|Image|Video)[0-9]+/) == nil {
      guard let cut = name.lastIndex(where: { $0 == "-" || $0 == "_" }) else {
        return word.last == "-" || word.last == "_" ? word.trimmingEnd : word
      }
      name = name[..<cut]
    }
    return name
  }
}

extension Substring {
  fileprivate var trimmingEnd: Substring {
    var text = self
    while let last = text.last, last == "-" || last == "_" { text.removeLast() }
    return text
  }
}
