import CLibav

/// The colour tags of a frame or stream: libav's names, nil where untagged.
public struct ColorTags: Sendable, Hashable {
  /// `tv` (limited) or `pc` (full).
  public var range: String?
  /// The matrix: `bt709`, `bt2020nc`, `smpte170m`, `gbr`, …
  public var matrix: String?
  /// The transfer characteristic: `bt709`, `smpte2084` (PQ), `arib-std-b67` (HLG), …
  public var transfer: String?
  public var primaries: String?
  /// `left`, `center`, `topleft`, …
  public var chromaLocation: String?

  public init(
    range: String? = nil, matrix: String? = nil, transfer: String? = nil, primaries: String? = nil,
    chromaLocation: String? = nil
  ) {
    self.range = range
    self.matrix = matrix
    self.transfer = transfer
    self.primaries = primaries
    self.chromaLocation = chromaLocation
  }

  /// BT.709 in limited range, as in a 4K SDR master.
  public static let bt709 = ColorTags(
    range: "tv", matrix: "bt709", transfer: "bt709", primaries: "bt709", chromaLocation: "left")

  public var isHDR: Bool { transfer == "smpte2084" || transfer == "arib-std-b67" }

  init(
    range: AVColorRange, matrix: AVColorSpace, transfer: AVColorTransferCharacteristic, primaries: AVColorPrimaries,
    location: AVChromaLocation
  ) {
    self.range = range == AVCOL_RANGE_UNSPECIFIED ? nil : string(av_color_range_name(range))
    self.matrix = matrix == AVCOL_SPC_UNSPECIFIED ? nil : string(av_color_space_name(matrix))
    self.transfer = transfer == AVCOL_TRC_UNSPECIFIED ? nil : string(av_color_transfer_name(transfer))
    self.primaries = primaries == AVCOL_PRI_UNSPECIFIED ? nil : string(av_color_primaries_name(primaries))
    chromaLocation = location == AVCHROMA_LOC_UNSPECIFIED ? nil : string(av_chroma_location_name(location))
  }

  var rangeValue: AVColorRange {
    range.flatMap { value(av_color_range_from_name($0)).map { AVColorRange(rawValue: $0) } } ?? AVCOL_RANGE_UNSPECIFIED
  }
  var matrixValue: AVColorSpace {
    matrix.flatMap { value(av_color_space_from_name($0)).map { AVColorSpace(rawValue: $0) } } ?? AVCOL_SPC_UNSPECIFIED
  }
  var transferValue: AVColorTransferCharacteristic {
    transfer.flatMap { value(av_color_transfer_from_name($0)).map { AVColorTransferCharacteristic(rawValue: $0) } }
      ?? AVCOL_TRC_UNSPECIFIED
  }
  var primariesValue: AVColorPrimaries {
    primaries.flatMap { value(av_color_primaries_from_name($0)).map { AVColorPrimaries(rawValue: $0) } }
      ?? AVCOL_PRI_UNSPECIFIED
  }
  var chromaLocationValue: AVChromaLocation {
    chromaLocation.flatMap { value(av_chroma_location_from_name($0)).map { AVChromaLocation(rawValue: $0) } }
      ?? AVCHROMA_LOC_UNSPECIFIED
  }

  private func value(_ found: Int32) -> UInt32? { found < 0 ? nil : UInt32(found) }
}

/// The code points of ITU-T H.273, which libav numbers its names by.
extension ColorTags {
  /// MatrixCoefficients, 1 for BT.709; nil when untagged or a name libav does not have.
  public var matrixCode: Int? { Self.code(matrixValue.rawValue, unlike: AVCOL_SPC_UNSPECIFIED.rawValue) }
  /// TransferCharacteristics, 16 for PQ; nil when untagged or a name libav does not have.
  public var transferCode: Int? { Self.code(transferValue.rawValue, unlike: AVCOL_TRC_UNSPECIFIED.rawValue) }
  /// ColourPrimaries, 9 for BT.2020; nil when untagged or a name libav does not have.
  public var primariesCode: Int? { Self.code(primariesValue.rawValue, unlike: AVCOL_PRI_UNSPECIFIED.rawValue) }

  private static func code(_ value: UInt32, unlike unspecified: UInt32) -> Int? {
    value == unspecified ? nil : Int(value)
  }
}
