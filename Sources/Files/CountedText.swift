/// A number with its noun: `1 shot`, `2 shots`, `0 shots`.
/// - Parameter plural: for nouns that do not just take an s.
public func counted(_ count: some BinaryInteger, _ noun: String, plural: String? = nil) -> String {
  "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
}
