import Libav
import Probing

/// Whether browsers play a file as it is.
enum BrowserPlayback {
  private static let containers: Set<String> = ["mov", "mp4"]
  private static let audioCodecs: Set<String> = ["aac", "mp3"]
  private static let profiles: Set<String> = ["Baseline", "Constrained Baseline", "Main", "High"]

  /// Why a browser may not play it; nil when every current one does.
  static func obstacle(_ index: MediaIndex, text: PageText) -> String? {
    guard let stream = index.video?.stream, let video = stream.video else { return text["proxy.novideo"] }
    let container = index.container.formatName.split(separator: ",").map(String.init)
    guard !containers.isDisjoint(with: container) else {
      return text["proxy.container", ["name": container.first ?? ""]]
    }
    guard stream.codecName == "h264", profiles.contains(stream.profile ?? "") else {
      return text[
        "proxy.codec", ["name": [stream.codecName, stream.profile].compactMap(\.self).joined(separator: " ")]]
    }
    guard let format = PixelFormat(name: video.pixelFormat)?.withoutImpliedRange, format == .yuv420p else {
      return text["proxy.format", ["name": video.pixelFormat]]
    }
    if let audio = index.audio?.stream, !audioCodecs.contains(audio.codecName) {
      return text["proxy.audio", ["name": audio.codecName]]
    }
    guard index.video?.hasUniquePTS == true else { return text["proxy.times"] }
    return nil
  }
}
