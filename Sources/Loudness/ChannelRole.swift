import CEbur128

extension LoudnessMeter {
  /// The position of a channel, which decides its weight in the sum (ITU-R BS.1770-5, table 3).
  public enum Role: Sendable, Hashable, CaseIterable {
    case left, right, center
    /// Weighted by 1.41.
    case leftSurround, rightSurround
    /// Any other position; weighted as the front channels.
    case other
    /// One channel that both loudspeakers play: counted twice.
    case dualMono
    /// Low-frequency effects; not counted.
    case unused

    var code: Int32 {
      switch self {
      case .left, .other: Int32(EBUR128_LEFT.rawValue)
      case .right: Int32(EBUR128_RIGHT.rawValue)
      case .center: Int32(EBUR128_CENTER.rawValue)
      case .leftSurround: Int32(EBUR128_LEFT_SURROUND.rawValue)
      case .rightSurround: Int32(EBUR128_RIGHT_SURROUND.rawValue)
      case .dualMono: Int32(EBUR128_DUAL_MONO.rawValue)
      case .unused: Int32(EBUR128_UNUSED.rawValue)
      }
    }
  }
}

extension LoudnessMeter.Role {
  /// The roles of a channel layout; mono counts once, as it is broadcast.
  ///
  /// Side and back channels are surrounds, wherever the layout puts them: so ffmpeg's `ebur128` weights them too.
  /// - Parameters:
  ///   - layout: libav's description: a name such as `5.1(side)`, or positions such as `FL+FR+LFE`.
  ///   - channels: number of channels, 1 or more. An unknown layout counts as libav's default one of that number.
  public static func roles(layout: String, channels: Int) -> [LoudnessMeter.Role] {
    let candidates = [layouts[layout], positions(in: layout), defaults[channels].flatMap { layouts[$0] }]
    if let known = candidates.compactMap(\.self).map({ $0.split(separator: "+") }).first(where: { $0.count == channels }
    ) {
      return known.map { role(of: String($0)) }
    }
    return [LoudnessMeter.Role](repeating: .other, count: channels)
  }

  /// `FL+FR+LFE` of `3 channels (FL+FR+LFE)`.
  private static func positions(in layout: String) -> String {
    guard let open = layout.firstIndex(of: "("), layout.hasSuffix(")"), layout.contains(" channels (") else {
      return layout
    }
    return String(layout[layout.index(after: open)...].dropLast())
  }

  private static func role(of position: String) -> LoudnessMeter.Role {
    switch position {
    case "FL", "DL": .left
    case "FR", "DR": .right
    case "FC": .center
    case "SL", "BL", "SDL", "TBL": .leftSurround
    case "SR", "BR", "SDR", "TBR", "BC", "TBC": .rightSurround
    case "LFE", "LFE2": .unused
    default: .other
    }
  }

  /// libav's standard layouts (`ffmpeg -layouts`).
  private static let layouts = [
    "mono": "FC", "stereo": "FL+FR", "downmix": "DL+DR", "2.1": "FL+FR+LFE", "3.0": "FL+FR+FC",
    "3.0(back)": "FL+FR+BC", "4.0": "FL+FR+FC+BC", "quad": "FL+FR+BL+BR", "quad(side)": "FL+FR+SL+SR",
    "3.1": "FL+FR+FC+LFE", "5.0": "FL+FR+FC+BL+BR", "5.0(side)": "FL+FR+FC+SL+SR", "4.1": "FL+FR+FC+LFE+BC",
    "5.1": "FL+FR+FC+LFE+BL+BR", "5.1(side)": "FL+FR+FC+LFE+SL+SR", "6.0": "FL+FR+FC+BC+SL+SR",
    "6.0(front)": "FL+FR+FLC+FRC+SL+SR", "3.1.2": "FL+FR+FC+LFE+TFL+TFR", "hexagonal": "FL+FR+FC+BL+BR+BC",
    "6.1": "FL+FR+FC+LFE+BC+SL+SR", "6.1(back)": "FL+FR+FC+LFE+BL+BR+BC", "6.1(front)": "FL+FR+LFE+FLC+FRC+SL+SR",
    "7.0": "FL+FR+FC+BL+BR+SL+SR", "7.0(front)": "FL+FR+FC+FLC+FRC+SL+SR", "7.1": "FL+FR+FC+LFE+BL+BR+SL+SR",
    "7.1(wide)": "FL+FR+FC+LFE+BL+BR+FLC+FRC", "7.1(wide-side)": "FL+FR+FC+LFE+FLC+FRC+SL+SR",
    "5.1.2": "FL+FR+FC+LFE+SL+SR+TFL+TFR", "5.1.2(back)": "FL+FR+FC+LFE+BL+BR+TFL+TFR",
    "7.1(top)": "FL+FR+FC+LFE+BL+BR+TFL+TFR", "octagonal": "FL+FR+FC+BL+BR+BC+SL+SR",
    "cube": "FL+FR+BL+BR+TFL+TFR+TBL+TBR", "5.1.4": "FL+FR+FC+LFE+SL+SR+TFL+TFR+TBL+TBR",
    "5.1.4(back)": "FL+FR+FC+LFE+BL+BR+TFL+TFR+TBL+TBR", "7.1.2": "FL+FR+FC+LFE+BL+BR+SL+SR+TFL+TFR",
    "7.1.4": "FL+FR+FC+LFE+BL+BR+SL+SR+TFL+TFR+TBL+TBR",
    "hexadecagonal": "FL+FR+FC+BL+BR+BC+SL+SR+TFL+TFC+TFR+TBL+TBC+TBR+WL+WR",
    "22.2":
      "FL+FR+FC+LFE+BL+BR+FLC+FRC+BC+SL+SR+TC+TFL+TFC+TFR+TBL+TBC+TBR+LFE2+TSL+TSR+BFC+BFL+BFR",
  ]

  /// libav's default layout of a number of channels.
  private static let defaults = [
    1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1", 16: "hexadecagonal",
    24: "22.2",
  ]
}
