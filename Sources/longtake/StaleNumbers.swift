import Foundation

/// Numbered frames of an earlier run that a shorter one leaves behind: whose they are is the user's to say.
enum StaleNumbers {
  /// A sentence about them; nil when there are none.
  static func beyond(_ count: Int, named name: String, ending: String, in folder: String) -> String? {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let numbers = files.compactMap { file -> Int? in
      guard file.hasPrefix("\(name)-"), file.hasSuffix(".\(ending)") else { return nil }
      let digits = file.dropFirst(name.count + 1).dropLast(ending.count + 1)
      guard digits.count >= 4, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
      return Int(digits).flatMap { $0 > count ? $0 : nil }
    }
    guard let first = numbers.min() else { return nil }
    return "\(numbers.count) older frames with higher numbers, from \(first) on, are still in \(folder); "
      + "they are not of this run"
  }
}
