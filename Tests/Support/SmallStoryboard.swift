import Foundation

/// A storyboard with its own presets for frames so small that a whole run takes seconds.
public final class SmallStoryboard: Sendable {
  /// The model's id; served by `oxen` and `sandbox`, $0.42 a second, 576×324.
  public static let model = "small-model"
  public static let width = 576
  public static let height = 324
  /// The same model as an endpoint of fal's.
  public static let falModel = "fal-ai/small/model"
  /// Three shots, each starting on the last frame of the previous one; the second has two prompts.
  public static let chain = """
      - id: one
        prompt: A quay.
      - id: two
        multi_prompt:
          - prompt: A boat.
            duration: 1
          - prompt: A deck.
            duration: 2
      - id: three
        prompt: A lighthouse.
    """

  /// Three shots with one prompt each, each starting on the last frame of the previous one.
  public static let plainChain = """
      - id: one
        prompt: A quay.
      - id: two
        prompt: A boat.
      - id: three
        prompt: A lighthouse.
    """

  public let folder: ScratchFolder
  private let seconds: Int
  public let storyboard: String
  public let presets: String
  public var workspace: String { folder.path("film.longtake") }

  /// - Parameters:
  ///   - shots: YAML of the shots, indented by two.
  ///   - extra: further top-level keys.
  ///   - master: further keys of the master, indented by two.
  ///   - seconds: of a shot with a single prompt.
  public init(shots: String = chain, extra: String = "", master: String = "", seconds: Int = 3) throws {
    self.seconds = seconds
    folder = try ScratchFolder()
    try folder.write("presets/models/\(Self.model).json", Self.descriptor)
    try folder.write("presets/models/fal-small.json", Self.falDescriptor)
    try folder.write("presets/verify/small.json", Self.verifyPreset)
    presets = folder.path("presets")
    storyboard = try folder.write("film.yaml", Self.text(shots, extra, seconds) + "\n" + master)
  }

  /// Rewrites the storyboard.
  public func rewrite(shots: String, extra: String = "") throws {
    try folder.write("film.yaml", Self.text(shots, extra, seconds))
  }

  /// A clip as the model would deliver it, made by `ffmpeg`.
  /// - Parameter hue: degrees; clips of different hues have different frames.
  public func clip(seconds: Int = 3, width: Int = width, height: Int = height, hue: Int = 0) throws -> String {
    try folder.make(
      "clip-\(seconds)-\(width)-\(hue).mp4", "-f", "lavfi", "-i",
      "testsrc2=size=\(width)x\(height):rate=24:duration=\(seconds)" + (hue == 0 ? "" : ",hue=h=\(hue)"),
      "-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000:duration=\(seconds)", "-c:v", "libx264", "-preset",
      "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart")
  }

  private static func text(_ shots: String, _ extra: String, _ seconds: Int) -> String {
    """
    title: Small video
    model: \(model)
    defaults:
      duration: \(seconds)
      generate_audio: true
    \(extra)
    shots:
    \(shots)
    master:
      verify: small
    """
  }

  private static let descriptor = """
    {
      "schema": "longtake.model/1", "id": "\(model)", "title": "Small model for tests", "family": "small",
      "providers": ["oxen", "sandbox"], "status": {"state": "active"},
      "equivalents": {"fal": "\(falModel)"},
      "sources": [{"facts": ["parameters", "limits"], "source": "made up", "read": "2026-11-22"}],
      "fields": {
        "prompt": {"name": "prompt"},
        "multi_prompt": {
          "name": "multi_prompt", "members": {"prompt": {"name": "prompt"}, "duration": {"name": "duration"}}},
        "duration": {"name": "duration", "not_with": ["multi_prompt"]},
        "start_image": {"name": "start_image_url"},
        "end_image": {"name": "tail_image_url", "requires": ["start_image"]},
        "generate_audio": {"name": "generate_audio"}
      },
      "limits": {
        "duration": {"min": 1, "max": 15, "step": 1, "default": 5},
        "multi_prompt": {"count": 6, "duration": {"min": 1, "max": 15, "step": 1}},
        "takes": 4,
        "images": {"start_image": {"formats": ["jpeg", "png"], "max_bytes": 10000000, "min_side": 100}}
      },
      "output": {"sizes": {"16:9": "\(width)x\(height)"}, "default_aspect_ratio": "16:9"},
      "price": {"usd_per_second": "0.42"}
    }
    """

  private static let falDescriptor =
    descriptor.replacing("\"id\": \"\(model)\"", with: "\"id\": \"\(falModel)\"")
    .replacing("\"providers\": [\"oxen\", \"sandbox\"]", with: "\"providers\": [\"fal\"]")
    .replacing("\"equivalents\": {\"fal\": \"\(falModel)\"},", with: "")
    .replacing("\"tail_image_url\"", with: "\"end_image_url\"")
    .replacing("{\"name\": \"duration\"", with: "{\"name\": \"duration\", \"form\": \"string\"")

  private static let verifyPreset = """
    {
      "schema": "longtake.verify-preset/1", "id": "small", "title": "Small master", "source": "made up",
      "rules": {
        "container.opens": {"is": true}, "decode.clean": {"is": true}, "video.size": {"is": "\(width)x\(height)"},
        "video.frame_rate": {"is": "24/1"}, "video.frame_rate.constant": {"is": true}, "audio.present": {"is": true}
      }
    }
    """
}
