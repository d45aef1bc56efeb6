import Dispatch
import Foundation
import Pipeline
import Presets

/// Asks on the terminal before money is spent.
enum Consent {
  /// Whether stdin and stderr are a terminal.
  static var canAsk: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

  /// False when the task is cancelled: Ctrl-C ends the program without waiting for a line.
  static func ask(_ question: String) async -> Bool {
    Terminal.prompt("\(question) [y/N] ")
    let (answers, answer) = AsyncStream.makeStream(of: String?.self)
    DispatchQueue.global().async {
      answer.yield(readLine(strippingNewline: true))
      answer.finish()
    }
    var line: String?
    for await text in answers { line = text }
    return ["y", "yes"].contains((line ?? "").trimmingCharacters(in: .whitespaces).lowercased())
  }

  static func ask(_ question: SpendingQuestion) async -> Bool {
    guard !question.shots.isEmpty else {
      let most = question.retries.map { "up to \($0)" } ?? "an unpublished price"
      return await ask("\(question.provider) may be paid \(most) for retries of takes in progress.\nContinue?")
    }
    let price = question.cost.map { "\($0)" } ?? "an unpublished price"
    let spent = question.spent == .zero ? "" : " This workspace has already cost up to \(question.spent)."
    let retries = question.retries.map { $0 == .zero ? "" : " Retries of failed takes may add up to \($0)." }
    return await ask(
      "\(question.provider) will generate \(question.shots.joined(separator: ", ")) with \(question.model) "
        + "for \(price).\(retries ?? " Retries of failed takes may add to that.")\(spent)\nContinue?")
  }
}
