/// The thresholds of the native-resolution estimate.
///
/// Measured on photographs, renders, text, soft and dark frames, native and scaled up by bilinear, bicubic, lanczos and
/// spline kernels, after x264 and x265 at several rates; `Benchmarks/native.md` has the table.
public enum NativeThresholds {
  /// Keyframes sampled from one file, spread evenly.
  public static let keyFrames = 12

  /// Common short sides of smaller sources, in pixels. A search over every size would find the grids of older JPEGs and
  /// periodic textures, so only these can be reported.
  public static let sourceSizes = [480, 540, 720, 900, 960, 1024, 1080, 1440, 1920, 2048]
  /// A source's share of the frame's short side. Above, too little of the mirrored spectrum is left inside the frame.
  public static let sourceShares = 0.3...0.75
  /// Codecs work in blocks of 16 pixels or a part of it: where 16 times the share is whole, their grid looks like a source.
  public static let blockSize = 16

  /// Pairs of coefficients compared around a mirror: this part of the axis, within limits. More pairs separate true
  /// mirrors from chance better; fewer suit kernels whose traces lie close to the mirror.
  static let mirrorShare = 24
  static let mirrorPairs = 24...96
  /// Bins on each side that a coefficient is whitened by.
  static let whiteningReach = 24
  /// Bands of equal width that the lower half of the cross frequencies is cut into; each is whitened by itself.
  static let crossBands = 4
  /// Whitened coefficients are cut off here, so that no single one decides.
  static let clip: Float = 3
  /// Distances of the background bins from a mirror.
  static let backgroundFrom = 7
  static let backgroundTo = 160
  /// Least number of background bins.
  static let minimumBackground = 60
  /// Factor from the median absolute deviation to a standard deviation, and the least spread.
  static let deviationScale = 1.4826
  static let leastSpread = 1e-4

  /// For every source size but half: both axes together, each axis, and the correlation of the weaker axis. Of the
  /// benchmark's native clips none had a score above 2.7 with a correlation above 0.02.
  static let jointScore = 5.0
  static let axisScore = 1.5
  static let correlation = 0.035
  /// Margin above which traces keep a frame from being called native.
  static let suspicion = 0.7
  /// Of several sizes that pass, the smallest counts whose correlation is at least this part of the strongest: a frame
  /// scaled up twice shows both.
  static let leastShareOfStrongest = 0.5

  /// Half the size shares its bin with the codecs' blocks, so thresholds are higher: both axes together, and the
  /// correlation above which it is suspicious where it cannot be detected.
  static let halfJointScore = 8.0
  static let halfSuspicion = 0.42
  /// Thresholds for half the size: correlation of the weaker axis, and its excess over mirrors elsewhere on the grid.
  struct Half {
    let correlation: Double
    let excess: Double
    /// Where the high band holds less than ``halfHighBand``.
    let faintExcess: Double
  }
  /// For H.264, and for the codecs that smooth the edges of their blocks more: soft native frames after H.264 reached an
  /// excess of 0.12, after the others 0.05.
  static let halfH264 = Half(correlation: 0.25, excess: 0.18, faintExcess: 0.25)
  static let halfSmoothed = Half(correlation: 0.2, excess: 0.12, faintExcess: 0.2)
  static let smoothingCodecs: Set<String> = ["hevc", "vp9", "av1"]
  /// For both, with less than ``halfBitsPerPixel``.
  static let halfPoor = Half(correlation: 0.42, excess: 0.3, faintExcess: 0.3)
  static let halfBitsPerPixel = 0.06
  /// Codecs that spend many bits on blocks of 8×8, or have no blocks. With others (MPEG-2, MPEG-4, VP8, JPEG), soft and
  /// dark native frames show the mirrors of half the size as strongly, so it is not detected.
  static let halfRich = Half(correlation: 0.5, excess: 0.45, faintExcess: .infinity)
  static let richCodecs: Set<String> = [
    "prores", "dnxhd", "png", "apng", "tiff", "bmp", "ppm", "pgm", "ffv1", "utvideo", "huffyuv", "ffvhuff", "rawvideo",
    "v210",
  ]

  /// Blocks leave mirrors at these sixteenths too, and a source of half the size does not.
  static let gridSixteenths = [4, 6, 7, 9, 10]
  /// Power in the high band, in dB of one squared code value, below which mirrors at half the size come mostly from blocks.
  static let halfHighBand = -10.0
  /// A source of five sixths of the size also shows at two thirds, weaker than its own mirror.
  static let decoyShare = (part: 5, whole: 6)

  static func half(codec: String, bitsPerPixel: Double) -> Half? {
    if richCodecs.contains(codec) { return halfRich }
    guard codec == "h264" || smoothingCodecs.contains(codec) else { return nil }
    if bitsPerPixel < halfBitsPerPixel { return halfPoor }
    return codec == "h264" ? halfH264 : halfSmoothed
  }

  /// Side in pixels of the tiles whose spectrum is taken, and the share of tiles used, richest in detail first.
  static let tileSize = 128
  static let tileShare = 0.05
  /// Parts of the Nyquist frequency: where any frame has detail, and where only one of full resolution has.
  static let middleBand = 0.2...0.3
  static let highBand = 0.7...0.8
  /// Greatest fall of a native frame's spectrum from the middle to the high band, in dB.
  static let nativeFall = 17.5
  /// Least power in the high band, above the noise of rounding to 8 bits, in dB of one squared code value.
  static let highBandFloor = -8.0
  /// Bits per pixel of a keyframe that must hold detail.
  static let richBitsPerPixel = 0.2

  /// Standard deviation of luma in 8-bit code values below which a frame is flat.
  static let flatDeviation = 1.0
  /// 8-bit code values: greatest pixel of a row or column of a black bar.
  static let barLevel: Float = 32
  /// Least share of each side that remains without bars; else the frame is dark rather than barred.
  static let leastActiveShare = 0.4
  /// Pixels: crops start and end at multiples of this, where the lattices of the common sources meet that of the frame.
  static let cropStep = 36
  /// Pixels of an axis: shortest that is estimated, and how many are used of a longer one.
  static let minimumAxis = 256
  static let maximumAxis = 8192
}
