/// The video models named in the services' published examples.
///
/// Source: the hub's model pages, read 2026-11-22. Whatever is not published is left open and not checked.
enum PublishedModels {
  private static let full = ["4k": 2160]
  private static let half = ["1080p": 1080]
  private static let choice = ["720p": 720, "1080p": 1080, "4k": 2160]

  static let all: [SandboxModel] = [
    reference("kling-video-o3-4k-reference-to-video", "Kling O3 4K: Reference to Video", full, 0.42),
    image("kling-video-o3-4k-image-to-video", "Kling O3 4K: Image to Video", full, 0.42),
    text("kling-video-o3-4k-text-to-video", "Kling O3 4K: Text to Video", full, 0.42),
    omni,
    reference("kling-video-o3-pro-reference-to-video", "Kling O3 Pro: Reference to Video", half, 0.224),
    image("kling-video-o3-pro-image-to-video", "Kling O3 Pro: Image to Video", half, nil),
    text("kling-video-o3-pro-text-to-video", "Kling O3 Pro: Text to Video", half, nil),
    reference("kling-video-o1-reference-to-video", "Kling O1: Reference to Video", half, nil),
    image("kling-video-v2-6-pro-image-to-video", "Kling 2.6 Pro: Image to Video", half, nil),
    text("kling-video-v2-6-pro-text-to-video", "Kling 2.6 Pro: Text to Video", half, nil),
    veo,
    text("wan-2.2-t2v-fast", "Wan 2.2: Text to Video, fast", ["720p": 720], nil),
    fal("o3/4k/reference-to-video", "reference to video", start: "start_image_url", takesReferences: true),
    fal("o3/4k/image-to-video", "image to video", start: "image_url", takesReferences: false),
    fal("o3/4k/text-to-video", "text to video", start: nil, takesReferences: false),
    fal("v3/4k/image-to-video", "v3, image to video", start: "start_image_url", takesReferences: false),
  ]

  /// Characters of a prompt at fal.
  private static let falPromptCharacters = 2_500

  private static func fal(_ path: String, _ title: String, start: String?, takesReferences: Bool) -> SandboxModel {
    var model = text("fal-ai/kling-video/\(path)", "Kling 4K at fal: \(title)", full, 0.42)
    model.isOfFal = true
    model.promptCharacters = falPromptCharacters
    model.names.startImage = start
    model.names.endImage = start == nil ? nil : "end_image_url"
    if takesReferences {
      model.names.references = "image_urls"
      model.names.elements = "elements"
    } else if start != nil {
      model.names.aspectRatio = nil
      model.followsStartImage = true
    }
    return model
  }

  private static func text(
    _ id: String, _ title: String, _ resolutions: [String: Int], _ price: Double?
  ) -> SandboxModel {
    var model = SandboxModel(
      id: id, title: title, resolutions: resolutions, standardResolution: resolutions.keys.first ?? "")
    model.names.multiPrompt = "multi_prompt"
    model.dollarsPerSecond = price
    return model
  }

  private static func image(
    _ id: String, _ title: String, _ resolutions: [String: Int], _ price: Double?
  ) -> SandboxModel {
    var model = text(id, title, resolutions, price)
    model.names.startImage = "input_image"
    model.names.endImage = "tail_image_url"
    model.names.aspectRatio = nil
    model.followsStartImage = true
    return model
  }

  private static func reference(
    _ id: String, _ title: String, _ resolutions: [String: Int], _ price: Double?
  ) -> SandboxModel {
    var model = text(id, title, resolutions, price)
    model.names.startImage = "start_image_url"
    model.names.endImage = "tail_image_url"
    model.names.references = "input_image"
    model.names.elements = "elements"
    return model
  }

  private static let omni: SandboxModel = {
    var model = reference("kling-video-o3-omni", "Kling O3 Omni", choice, 0.42)
    model.standardResolution = "1080p"
    model.names.resolution = "resolution"
    return model
  }()

  private static let veo: SandboxModel = {
    var model = text("google-veo-3-1", "Veo 3.1", choice, nil)
    model.developer = "Google"
    model.standardResolution = "720p"
    model.names = SandboxModel.Names(startImage: "input_image", resolution: "resolution")
    model.aspectRatios = ["16:9", "9:16"]
    model.seconds = 4...8
    model.onlySeconds = [4, 6, 8]
    model.standardSeconds = 8
    model.secondsByResolution = ["4k": [8]]
    model.promptCharacters = nil
    return model
  }()
}
