import Bitstream
public import Libav

/// The top-level boxes of an MP4/MOV file, read without libav.
///
/// All boxes are walked, but only those that matter are kept: a long fragmented file has hundreds of thousands.
public struct ContainerLayout: Sendable, Hashable {
  /// A box that claims more bytes than the file has.
  public struct TruncatedBox: Sendable, Hashable {
    public let type: String
    /// Bytes.
    public let claimed: Int64
    public let present: Int64
  }

  /// Bytes of the file.
  public let fileSize: Int64
  /// The first box that claims more bytes than the file has.
  public let truncatedBox: TruncatedBox?
  /// Bytes after the last whole box.
  public let trailingBytes: Int64
  /// Whether the index comes before the media, so that playback can begin before the whole file has arrived; nil without either.
  public let isFastStart: Bool?
  public let isFragmented: Bool
  /// Whether the walk ended at the limit of boxes.
  public let hasTooManyBoxes: Bool
  /// Why the walk ended before the end of the file, if reading failed.
  public let readError: String?
  /// Boxes that may hold metadata: the first ``maximumMetadataBoxes``.
  let metadataBoxes: [Box]

  /// Types that MP4/MOV files begin with.
  private static let firstTypes: Set<String> = ["ftyp", "moov", "mdat", "wide", "free", "skip", "pnot", "styp"]
  private static let metadataTypes: Set<String> = ["moov", "uuid", "jumb", "AIGC", "udta", "meta"]
  /// Boxes kept at most; hostile files can hold millions.
  private static let maximumMetadataBoxes = 1000

  /// Nil when the file does not begin with a box that MP4/MOV files begin with.
  public init?(path: String) {
    guard let file = try? RandomAccessFile(path: path) else { return nil }
    self.init(file)
  }

  /// An error when the file has more boxes than are read.
  public func limitError(path: String?) -> LibavError? {
    let limits = MediaLimits.current
    return hasTooManyBoxes ? limits.exceeded(.boxes, "has more boxes than are read", file: path) : nil
  }

  init?(_ file: RandomAccessFile) {
    fileSize = file.size
    var walker = BoxWalker(0..<file.size, of: file.source)
    guard let first = walker.next(), Self.firstTypes.contains(first.type) else { return nil }
    var metadata: [Box] = []
    var (index, media): (Int64?, Int64?)
    var hasFragments = false
    var truncated: TruncatedBox?
    var box = first
    var count = 1
    let limit = MediaLimits.current.boxes
    while count <= limit {
      count += 1
      switch box.type {
      case "moov": index = index ?? box.offset
      case "mdat": media = media ?? box.offset
      case "moof": hasFragments = true
      default: break
      }
      if Self.metadataTypes.contains(box.type), metadata.count < Self.maximumMetadataBoxes { metadata.append(box) }
      if box.end > file.size, truncated == nil {
        truncated = TruncatedBox(type: box.type, claimed: box.size, present: file.size - box.offset)
      }
      guard let next = walker.next() else { break }
      box = next
    }
    truncatedBox = truncated
    hasTooManyBoxes = count > limit
    trailingBytes = hasTooManyBoxes ? 0 : max(0, file.size - walker.position)
    isFastStart = if let index, let media { index < media } else { nil }
    isFragmented = hasFragments
    metadataBoxes = metadata
    readError = file.readError
  }
}
