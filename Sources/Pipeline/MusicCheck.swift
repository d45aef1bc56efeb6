import Files
import Libav
import Presets

/// Whether a file can be the music of a master, before anything is paid.
enum MusicCheck {
  /// Why it cannot; nil when its header promises audio.
  static func refusal(of path: String) -> String? {
    do {
      let demuxer = try Demuxer(path: path)
      return demuxer.mainAudio == nil ? "\(quoted(path)) holds no audio; name a audio file." : nil
    } catch {
      return "\(quoted(path)) cannot be read as music: \(error.message)."
    }
  }
}
