import Foundation
import Libav

/// One member of ffprobe's `side_data_list`.
struct ProbeJSONSideData: Encodable {
  let data: StreamSideData

  func encode(to encoder: any Swift.Encoder) throws {
    var fields = JSONFields(encoder)
    try fields.put("side_data_type", data.name)
    switch data {
    case .displayMatrix(let matrix, let counterClockwise):
      try fields.put("displaymatrix", Self.dump(matrix))
      try fields.put("rotation", Int(counterClockwise))
    case .masteringDisplay(let display):
      let names = ["red_x", "red_y", "green_x", "green_y", "blue_x", "blue_y", "white_point_x", "white_point_y"]
      for (name, value) in zip(names, display.primaries ?? []) { try fields.put(name, value.description) }
      for (name, value) in zip(["min_luminance", "max_luminance"], display.luminance ?? []) {
        try fields.put(name, value.description)
      }
    case .contentLightLevel(let maximum, let average):
      try fields.put("max_content", maximum)
      try fields.put("max_average", average)
    case .dolbyVision(let record):
      try fields.put("dv_version_major", record.majorVersion)
      try fields.put("dv_version_minor", record.minorVersion)
      try fields.put("dv_profile", record.profile)
      try fields.put("dv_level", record.level)
      try fields.put("rpu_present_flag", record.hasRPU ? 1 : 0)
      try fields.put("el_present_flag", record.hasEnhancementLayer ? 1 : 0)
      try fields.put("bl_present_flag", record.hasBaseLayer ? 1 : 0)
      try fields.put("dv_bl_signal_compatibility_id", record.baseLayerCompatibility)
    case .codedPictureBuffer(let maximum, let minimum, let average, let bufferBits, let delay):
      try fields.put("max_bitrate", maximum)
      try fields.put("min_bitrate", minimum)
      try fields.put("avg_bitrate", average)
      try fields.put("buffer_size", bufferBits)
      // ffprobe writes it signed: -1 where it is not known.
      try fields.put("vbv_delay", Int64(bitPattern: delay))
    case .audioService(let type): try fields.put("service_type", type)
    case .stereo3D(let type, let isInverted):
      try fields.put("type", type)
      try fields.put("inverted", isInverted ? 1 : 0)
    case .spherical(let mapping):
      try fields.put("projection", mapping.projection)
      if let padding = mapping.padding { try fields.put("padding", padding) }
      for (name, bound) in zip(["left", "top", "right", "bottom"], mapping.bounds ?? []) {
        try fields.put("bound_\(name)", bound)
      }
      for (name, angle) in [("yaw", mapping.yaw), ("pitch", mapping.pitch), ("roll", mapping.roll)] {
        try fields.put(name, Int(angle) / 65_536)
      }
    case .other: break
    }
  }

  /// Three numbers a line, each in twelve columns after its line's number, as ffprobe lays them out.
  private static func dump(_ matrix: [Int32]) -> String {
    var text = "\n"
    for row in 0..<3 {
      text += String(format: "%08x: ", row)
      for column in 0..<3 { text += String(format: " %11d", matrix[3 * row + column]) }
      text += "\n"
    }
    return text
  }
}

/// Writes members whose names depend on the data one by one.
private struct JSONFields {
  struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private var container: KeyedEncodingContainer<Name>

  init(_ encoder: any Swift.Encoder) { container = encoder.container(keyedBy: Name.self) }

  mutating func put(_ name: String, _ value: some Encodable) throws { try container.encode(value, forKey: Name(name)) }
}
