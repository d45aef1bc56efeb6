import Files
import Libav
import Timing

/// The HDR metadata of a stream, in cd/m² and coordinates of CIE 1931.
struct ProbeJSONHDR: Encodable {
  @Nullable private var curve: String?
  @Nullable private var masteringDisplay: MasteringDisplay?
  @Nullable private var contentLight: ContentLight?
  private let hasHDR10Plus: Bool
  @Nullable private var dolbyVision: DolbyVision?
  private let hasDolbyVisionRPU: Bool

  init(_ hdr: HDRDescription) {
    hasHDR10Plus = hdr.hasHDR10Plus
    hasDolbyVisionRPU = hdr.hasDolbyVisionRPU
    curve = hdr.curve?.rawValue
    masteringDisplay = hdr.masteringDisplay.map { MasteringDisplay($0) }
    contentLight = hdr.contentLight.map { ContentLight(maximum: $0.maximum, average: $0.average) }
    dolbyVision = hdr.dolbyVision.map { DolbyVision($0) }
  }

  enum CodingKeys: String, CodingKey {
    case curve
    case masteringDisplay = "mastering_display"
    case contentLight = "content_light_level"
    case hasHDR10Plus = "hdr10_plus"
    case dolbyVision = "dolby_vision"
    case hasDolbyVisionRPU = "dolby_vision_rpu"
  }

  private struct MasteringDisplay: Encodable {
    @Nullable var red: [Double]?
    @Nullable var green: [Double]?
    @Nullable var blue: [Double]?
    @Nullable var white: [Double]?
    @Nullable var minimum: Double?
    @Nullable var maximum: Double?

    init(_ display: StreamSideData.MasteringDisplay) {
      let numbers = display.primaries?.map(\.value.doubleValue)
      func point(_ index: Int) -> [Double]? { numbers.map { [$0[2 * index], $0[2 * index + 1]] } }
      red = point(0)
      green = point(1)
      blue = point(2)
      white = point(3)
      minimum = display.luminance?.first?.value.doubleValue
      maximum = display.luminance?.last?.value.doubleValue
    }

    enum CodingKeys: String, CodingKey {
      case red, green, blue, white
      case minimum = "min_luminance"
      case maximum = "max_luminance"
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
