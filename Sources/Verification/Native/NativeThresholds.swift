/// Every number that the native-resolution estimate decides by, with its meaning.
///
/// Measured on photographs, renders, text, soft and dark frames, native and scaled up by bilinear, bicubic, lanczos and
/// spline kernels, after x264 and x265 at several rates; `Benchmarks/native.md` has the table.
public enum NativeThresholds {
  /// Keyframes looked at in one file, spread evenly.
  public static let keyFrames = 12

  /// Short sides in pixels that a smaller source is known to have. A free search over every size would find the grids of
  /// older JPEGs and periodic textures, so only these can be reported.
  public static let sourceSizes = [480, 540, 720, 900, 960, 1024, 1080, 1440, 1920, 2048]
  /// A source's share of the frame's short side. Above, too little of the mirrored spectrum is left inside the frame.
  public static let sourceShares = 0.3...0.75
  /// Codecs work in blocks of 16 pixels or a part of it: where 16 times the share is whole, their grid looks like a source.
  public static let blockSize = 16

  /// Pairs of coefficients that are compared around a mirror: this part of the axis, within limits. More tell true mirrors from
  /// chance better, fewer suit kernels that leave only traces close to the mirror.
  static let mirrorShare = 24
  static let mirrorPairs = 24...96
  /// Bins on each side that a coefficient is whitened by.
  static let whiteningReach = 24
  /// Bands of equal width that the lower half of the cross frequencies is cut into; each is whitened by itself.
  static let crossBands = 4
  /// Whitened coefficients are cut off here, so that no single one decides.
  static let clip: Float = 3
  /// Bins around a mirror that say what is usual: beyond the first and up to the second distance.
  static let backgroundFrom = 7
  static let backgroundTo = 160
  /// Bins of background without which nothing can be said.
  static let minimumBackground = 60
  /// From the median absolute deviation to a standard deviation, and the least spread that is believed.
  static let deviationScale = 1.4826
  static let leastSpread = 1e-4

  /// For every source size but half: both axes together, each axis, and the correlation of the weaker axis. Of the
  /// benchmark's native clips none had a score above 2.7 with a correlation above 0.02.
  static let jointScore = 5.0
  static let axisScore = 1.5
  static let correlation = 0.035
  /// From this part of what is asked for on, traces keep a frame from being called native.
  static let suspicion = 0.7
  /// Of several sizes that pass, the smallest counts whose correlation is at least this part of the strongest: a frame that was
  /// scaled up twice shows both.
  static let leastShareOfStrongest = 0.5

  /// Half the size shares its bin with the codecs' blocks, so it must stand out more: both axes together, and the correlation
  /// from which it is suspicious where it cannot be told.
  static let halfJointScore = 8.0
  static let halfSuspicion = 0.42
  /// What the weaker axis must hold for half the size, and by how much it must exceed the mirrors at other parts of the grid.
  struct Half {
    let correlation: Double
    let excess: Double
    /// Where the high band holds less than ``halfHighBand``.
    let faintExcess: Double
  }
  /// Codecs that smooth the edges of their blocks. Soft native frames after H.264 reached an excess of 0.12, after the others
  /// 0.05.
  static let halfH264 = Half(correlation: 0.25, excess: 0.18, faintExcess: 0.25)
  static let halfSmoothed = Half(correlation: 0.2, excess: 0.12, faintExcess: 0.2)
  static let smoothingCodecs: Set<String> = ["hevc", "vp9", "av1"]
  /// For both, with less than ``halfBitsPerPixel``.
  static let halfPoor = Half(correlation: 0.42, excess: 0.3, faintExcess: 0.3)
  static let halfBitsPerPixel = 0.06
  /// Codecs that spend many bits on blocks of 8×8, or have none at all. With any other (MPEG-2, MPEG-4, VP8, JPEG) soft and dark
  /// native frames show the mirrors of half the size just as strongly, so it is not told.
  static let halfRich = Half(correlation: 0.5, excess: 0.45, faintExcess: .infinity)
  static let richCodecs: Set<String> = [
    "prores", "dnxhd", "png", "apng", "tiff", "bmp", "ppm", "pgm", "ffv1", "utvideo", "huffyuv", "ffvhuff", "rawvideo",
    "v210",
  ]

  /// The blocks leave mirrors at other sixteenths too, and a source of half the size does not: it must stand out from these.
  static let gridSixteenths = [4, 6, 7, 9, 10]
  /// Where the high band holds less, in dB of one squared code value, mostly the blocks are left to leave mirrors at half the size.
  static let halfHighBand = -10.0
  /// A source of five sixths of the size is folded to two thirds; its own mirror is the stronger one then.
  static let decoyShare = (part: 5, whole: 6)

  static func half(codec: String, bitsPerPixel: Double) -> Half? {
    if richCodecs.contains(codec) { return halfRich }
    guard codec == "h264" || smoothingCodecs.contains(codec) else { return nil }
    if bitsPerPixel < halfBitsPerPixel { return halfPoor }
    return codec == "h264" ? halfH264 : halfSmoothed
  }

  /// Side in pixels of the tiles whose spectrum is taken, and the share of them, richest in detail first, that counts.
  static let tileSize = 128
  static let tileShare = 0.05
  /// Parts of the Nyquist frequency: where a frame has detail anyhow, and where only one of full resolution has.
  static let middleBand = 0.2...0.3
  static let highBand = 0.7...0.8
  /// A native frame's spectrum falls by no more than this from the middle to the high band, in dB.
  static let nativeFall = 17.5
  /// The high band must hold more than the rounding to 8 bits puts there, in dB of one squared code value.
  static let highBandFloor = -8.0
  /// A keyframe coded with so many bits per pixel had something in it that was worth them.
  static let richBitsPerPixel = 0.2

  /// Standard deviation of luma in 8-bit code values below which a frame is flat and says nothing.
  static let flatDeviation = 1.0
  /// 8-bit code values up to which every pixel of a row or column must lie for it to be a black bar.
  static let barLevel: Float = 32
  /// A frame keeps at least this share of each side when bars are cut off; else it is dark and no bar.
  static let leastActiveShare = 0.4
  /// Pixels: crops begin and end at multiples of this, where the lattices of the known sources meet that of the frame.
  static let cropStep = 36
  /// Pixels of an axis below which nothing is estimated, and above which only the first so many are looked at.
  static let minimumAxis = 256
  static let maximumAxis = 8192
}
