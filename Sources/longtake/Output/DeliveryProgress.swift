import Delivery
import Files
import Foundation

/// Progress of a delivery, on stderr.
enum DeliveryProgress {
  static func show(_ event: DeliveryEvent) {
    if case .resumed = event { Terminal.note(text(event).text) } else { Terminal.progress(text(event).text) }
  }

  /// The event in words, and how much of this step is done, where that is known.
  static func text(_ event: DeliveryEvent) -> (text: String, fraction: Double?) {
    switch event {
    case .resumed(let preset, let chunks, let count):
      return ("\(preset): going on with \(chunks) of \(counted(count, "chunk")) of an earlier run", nil)
    case .encoded(let preset, let frames, let count, let speed, let remaining):
      let left = remaining.map { ", \(clock($0)) left" } ?? ""
      let rate = speed > 0 ? String(format: ", %.1f frames/s", speed) : ""
      return ("\(preset): frame \(frames) of \(count)\(rate)\(left)", Double(frames) / Double(max(count, 1)))
    case .audio(let preset, let pass): return ("\(preset): audio, pass \(pass)", nil)
    case .writing(let preset): return ("\(preset): writing the file", nil)
    case .verifying(let preset, let frames, let fraction):
      let part = fraction.map { String(format: " (%.0f %%)", 100 * $0) } ?? ""
      return ("\(preset): verifying frame \(frames)\(part)", fraction)
    }
  }

  /// `1:05` or `1:02:03`.
  private static func clock(_ seconds: Double) -> String {
    let whole = Int(min(seconds, 1e7).rounded())
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    return hours > 0 ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
  }
}
