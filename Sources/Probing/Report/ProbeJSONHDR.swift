import Libav
import Timing

/// The HDR metadata of a stream, in cd/m² and coordinates of CIE 1931.
struct ProbeJSONHDR: Encodable {
  let hdr: HDRDescription

  func encode(to encoder: any Swift.Encoder) throws {
    var fields = JSONFields(encoder)
    try fields.putOrNull("curve", hdr.curve?.rawValue)
    try fields.putOrNull("mastering_display", hdr.masteringDisplay.map { MasteringDisplay(display: $0) })
    try fields.putOrNull(
      "content_light_level", hdr.contentLight.map { ContentLight(maximum: $0.maximum, average: $0.average) })
    try fields.put("hdr10_plus", hdr.hasHDR10Plus)
    try fields.putOrNull("dolby_vision", hdr.dolbyVision.map { DolbyVision($0) })
    try fields.put("dolby_vision_rpu", hdr.hasDolbyVisionRPU)
  }

  private struct MasteringDisplay: Encodable {
    let display: StreamSideData.MasteringDisplay

    func encode(to encoder: any Swift.Encoder) throws {
      var fields = JSONFields(encoder)
      let numbers = display.primaries?.map(\.value.doubleValue)
      for (index, name) in ["red", "green", "blue", "white"].enumerated() {
        try fields.putOrNull(name, numbers.map { [$0[2 * index], $0[2 * index + 1]] })
      }
      try fields.putOrNull("min_luminance", display.luminance?.first?.value.doubleValue)
      try fields.putOrNull("max_luminance", display.luminance?.last?.value.doubleValue)
    }
  }

  private struct ContentLight: Encodable {
    let maximum: Int
    let average: Int
  }

  private struct DolbyVision: Encodable {
    let profile: Int
    let level: Int
    let compatibility: Int
    let rpu: Bool
    let baseLayer: Bool
    let enhancementLayer: Bool

    init(_ record: StreamSideData.DolbyVisionRecord) {
      (profile, level, compatibility) = (record.profile, record.level, record.baseLayerCompatibility)
      (rpu, baseLayer, enhancementLayer) = (record.hasRPU, record.hasBaseLayer, record.hasEnhancementLayer)
    }

    enum CodingKeys: String, CodingKey {
      case profile, level, compatibility, rpu
      case baseLayer = "base_layer"
      case enhancementLayer = "enhancement_layer"
    }
  }
}
