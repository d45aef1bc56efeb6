/// The longest word, in characters, that gets a suggestion.
private let longestWord = 64

/// The known word nearest to a mistyped one; nil when none is close.
///
/// Close means at most a third of the longer word's characters inserted, deleted, replaced or swapped, with at least
/// one edit allowed; case, `-` and `_` are ignored.
public func nearest(to word: String, among known: some Sequence<String>) -> String? {
  guard word.count <= longestWord else { return nil }
  let plainWord = plain(word)
  var best: (word: String, distance: Int)?
  for candidate in known {
    let plainCandidate = plain(candidate)
    let distance = editDistance(plainWord, plainCandidate)
    let allowed = max(1, max(plainWord.count, plainCandidate.count) / 3)
    if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.word
}

/// A sentence with the near match, or else all known words: `Did you mean 'duration'?`
public func suggestion(for word: String, among known: [String]) -> String {
  if let near = nearest(to: word, among: known) { return "Did you mean '\(near)'?" }
  return known.isEmpty ? "" : "Possible: \(known.joined(separator: ", "))."
}

private func plain(_ word: String) -> [Character] {
  word.lowercased().filter { $0 != "-" && $0 != "_" && $0 != " " }.map { $0 }
}

/// Edits between two words where a swap of neighbours counts as one (optimal string alignment).
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in 1...a.count {
    var current = [i] + [Int](repeating: 0, count: b.count)
    for j in 1...b.count {
      let replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
      current[j] = min(last[j] + 1, current[j - 1] + 1, replaced)
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
        current[j] = min(current[j], beforeLast[j - 2] + 1)
      }
    }
    (beforeLast, last) = (last, current)
  }
  return last[b.count]
}
