import Bitstream
public import Timing

/// The parts of an MP4/MOV header that libav does not report: edit lists, sample entries, provenance.
///
/// Read from the boxes of ISO/IEC 14496-12 and the QuickTime File Format; a malformed box ends the reading of the one around
/// it.
public struct MovieBoxes: Sendable, Hashable {
  public struct Track: Sendable, Hashable {
    /// libav's stream id.
    public let id: Int
    public let edits: [Edit]
    /// Nil for tracks without frames.
    public let sampleEntry: SampleEntry?

    /// Edits beyond the plain one that starts where the codecs' delay ends: empty ones, and second and later ones.
    public var unusualEdits: Int {
      let filled = edits.count { !$0.isEmpty }
      return edits.count - filled + max(0, filled - 1)
    }
  }

  public struct Edit: Sendable, Hashable {
    /// Ticks of the movie's own time scale.
    public let duration: Int64
    /// Ticks of the track's time base.
    public let mediaTime: Int64
    /// In 16.16 fixed point, 65536 for normal speed.
    public let rate: Int32
    /// Nothing is presented during it.
    public var isEmpty: Bool { mediaTime == -1 }
  }

  /// The container's description of the frames, regardless of the bitstream.
  public struct SampleEntry: Sendable, Hashable {
    public let type: String
    /// Pixels.
    public let width: Int
    public let height: Int
    /// `clap`: width and height in pixels, to thousandths; nil when there is none.
    public fileprivate(set) var cleanAperture: CleanAperture?
    /// `colr` of type nclx or nclc: code points of ITU-T H.273.
    public fileprivate(set) var colorCodes: ColorCodes?
    /// `pasp`: width over height of a pixel; nil when there is none.
    public fileprivate(set) var pixelAspect: Rational?
  }

  public struct CleanAperture: Sendable, Hashable {
    public let width: Double
    public let height: Double
  }

  public struct ColorCodes: Sendable, Hashable {
    public let primaries: Int
    public let transfer: Int
    public let matrix: Int
  }

  public let tracks: [Track]
  /// Whether there is a C2PA manifest (JUMBF); not whether it is valid.
  public let hasC2PA: Bool
  /// Whether there is metadata named `AIGC`, the mark of generated media that GB 45438-2025 requires.
  public let hasAIGC: Bool

  /// The XMP packet of the file (ISO 16684-3): of a `uuid` box, or QuickTime's `XMP_` in the movie header.
  public let xmp: String?
  /// The text of a box named `AIGC`; metadata under that key is libav's to read.
  public let aigcText: String?
  /// The active C2PA manifest, not validated; nil as well where it cannot be read.
  public let c2pa: C2PAManifest?

  /// Why something of this is missing, if reading failed.
  public let readError: String?

  /// The user type of a box with an XMP packet (ISO 16684-3, 1.1.5.2).
  public static let xmpType: [UInt8] = [
    0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8, 0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC,
  ]
  /// Bytes of metadata that are read at most.
  private static let longestXMP = 4 << 20
  private static let longestStore = 64 << 20
  /// The user type of a C2PA box (C2PA 2.1, A.5.1).
  private static let c2paType: [UInt8] = [
    0xD8, 0xFE, 0xC3, 0xD6, 0x1B, 0x0E, 0x48, 0x3C, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7E, 0xC4, 0x81,
  ]
  private static let aigcMark = Array("AIGC".utf8)
  /// Tracks that are kept.
  private static let maximumTracks = 1000

  public init(path: String, layout: ContainerLayout) {
    self.init(layout, file: try? RandomAccessFile(path: path))
  }

  private init(_ layout: ContainerLayout, file: RandomAccessFile?) {
    var tracks: [Track] = []
    var (hasC2PA, hasAIGC) = (false, false)
    var (xmp, aigc): (String?, String?)
    var c2pa: C2PAManifest?
    let reader = file.map { MovieBoxReader($0) }
    for box in layout.metadataBoxes {
      guard let reader else { break }
      switch box.type {
      case "moov":
        for child in reader.children(of: box) {
          if child.type == "trak", tracks.count < Self.maximumTracks { tracks.append(reader.track(child)) }
          // In the metadata of a movie header, not in the tables of its tracks.
          if ["udta", "meta", "uuid"].contains(child.type) {
            hasAIGC = hasAIGC || reader.contains(Self.aigcMark, in: child)
          }
          if child.type == "udta" {
            xmp = xmp ?? reader.find(["XMP_"], in: child).map { reader.text(of: $0, limit: Self.longestXMP) }
            aigc = aigc ?? reader.find(["AIGC"], in: child).map { reader.text(of: $0, limit: Self.longestXMP) }
          }
        }
      case "uuid":
        let type = reader.bytes(of: box, from: 0, Self.c2paType.count)
        if type == Self.xmpType {
          xmp = xmp ?? reader.text(of: box, from: Int64(Self.xmpType.count), limit: Self.longestXMP)
        } else if type == Self.c2paType {
          hasC2PA = true
          c2pa = c2pa ?? reader.manifest(box, limit: Self.longestStore)
        }
      case "jumb":
        hasC2PA = true
        c2pa = c2pa ?? C2PAManifest(store: reader.whole(box, limit: Self.longestStore))
      case "AIGC":
        hasAIGC = true
        aigc = aigc ?? reader.text(of: box, limit: Self.longestXMP)
      case "udta", "meta": hasAIGC = hasAIGC || reader.contains(Self.aigcMark, in: box)
      default: continue
      }
    }
    self.tracks = tracks
    self.hasC2PA = hasC2PA
    self.hasAIGC = hasAIGC
    self.xmp = xmp
    aigcText = aigc.map { $0.firstObject }
    self.c2pa = c2pa
    readError = file?.readError
  }
}

/// Reads the boxes of a movie header, as far as they are used here.
private struct MovieBoxReader {
  let file: RandomAccessFile

  /// Entries of an edit list that are kept.
  private static let maximumEdits = 10_000
  /// Bytes of one box that are searched, and bytes that are read at once for it.
  private static let searchedBytes = 64 << 20
  private static let searchStep = 1 << 20
  /// Bytes of a visual sample entry before its boxes.
  private static let visualEntryFields: Int64 = 78

  init(_ file: RandomAccessFile) { self.file = file }

  func children(of box: Box, skipping: Int64 = 0) -> BoxWalker {
    BoxWalker(inside: box, skipping: skipping, endingBy: file.size, of: file.source)
  }

  /// Bytes of a box after its header; fewer where it ends.
  func bytes(of box: Box, from offset: Int64, _ count: Int) -> [UInt8] {
    let start = box.offset + box.headerSize + offset
    return start < box.end ? file.bytes(at: start, Int(min(Int64(count), box.end - start))) : []
  }

  func text(of box: Box, from offset: Int64 = 0, limit: Int) -> String {
    String(decoding: bytes(of: box, from: offset, limit), as: UTF8.self)
  }

  /// A box with its header.
  func whole(_ box: Box, limit: Int) -> [UInt8] {
    file.bytes(at: box.offset, Int(min(Int64(limit), min(box.end, file.size) - box.offset)))
  }

  /// The manifest store of a C2PA box: after version and flags, a purpose ended by 0, and for `manifest` an offset.
  func manifest(_ box: Box, limit: Int) -> C2PAManifest? {
    let fields = bytes(of: box, from: 20, limit)
    guard let end = fields.firstIndex(of: 0), fields[..<end].elementsEqual("manifest".utf8), fields.count > end + 9
    else { return nil }
    return C2PAManifest(store: Array(fields[(end + 9)...]))
  }

  /// An unsigned number in a box; nil after its end.
  func number(_ box: Box, at offset: Int64, _ count: Int) -> Int64? {
    let digits = bytes(of: box, from: offset, count)
    guard digits.count == count else { return nil }
    return Int64(bitPattern: digits.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }

  func find(_ path: [String], in box: Box) -> Box? {
    var box = box
    for type in path {
      var children = children(of: box)
      var next = children.next()
      while let child = next, child.type != type { next = children.next() }
      guard let next else { return nil }
      box = next
    }
    return box
  }

  /// Whether a box holds a run of bytes in its first ``searchedBytes``.
  func contains(_ wanted: [UInt8], in box: Box) -> Bool {
    for start in stride(from: 0, to: Self.searchedBytes, by: Self.searchStep) {
      let bytes = bytes(of: box, from: Int64(start), Self.searchStep + wanted.count - 1)
      guard bytes.count >= wanted.count else { return false }
      let isFound = (0...bytes.count - wanted.count).contains {
        bytes[$0] == wanted[0] && bytes[$0..<$0 + wanted.count].elementsEqual(wanted)
      }
      if isFound { return true }
    }
    return false
  }

  func track(_ trak: Box) -> MovieBoxes.Track {
    let header = find(["tkhd"], in: trak)
    let isLong = header.flatMap { number($0, at: 0, 1) } == 1
    let id = header.flatMap { number($0, at: isLong ? 20 : 12, 4) } ?? 0
    let isVideo = find(["mdia", "minf", "vmhd"], in: trak) != nil
    return MovieBoxes.Track(
      id: Int(id), edits: find(["edts", "elst"], in: trak).map { edits($0) } ?? [],
      sampleEntry: isVideo ? find(["mdia", "minf", "stbl", "stsd"], in: trak).flatMap { sampleEntry($0) } : nil)
  }

  private func edits(_ list: Box) -> [MovieBoxes.Edit] {
    guard let version = number(list, at: 0, 1), let claimed = number(list, at: 4, 4) else { return [] }
    let width = version == 1 ? 8 : 4
    let entrySize = 2 * width + 4
    let bytes = bytes(of: list, from: 8, Int(min(claimed, Int64(Self.maximumEdits))) * entrySize)
    return (0..<bytes.count / entrySize).map { index in
      func number(_ offset: Int, _ count: Int) -> Int64 {
        let start = index * entrySize + offset
        return Int64(bitPattern: bytes[start..<start + count].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
      }
      let time = number(width, width)
      return MovieBoxes.Edit(
        duration: number(0, width), mediaTime: width == 8 ? time : Int64(Int32(truncatingIfNeeded: time)),
        rate: Int32(truncatingIfNeeded: number(2 * width, 4)))
    }
  }

  private func sampleEntry(_ table: Box) -> MovieBoxes.SampleEntry? {
    var entries = children(of: table, skipping: 8)
    guard let entry = entries.next(), let width = number(entry, at: 24, 2), let height = number(entry, at: 26, 2),
      number(entry, at: Self.visualEntryFields - 1, 1) != nil
    else { return nil }
    var result = MovieBoxes.SampleEntry(type: entry.type, width: Int(width), height: Int(height))
    for box in children(of: entry, skipping: Self.visualEntryFields) {
      switch box.type {
      case "clap":
        let parts = [0, 4, 8, 12].compactMap { number(box, at: $0, 4) }.map(Double.init)
        guard parts.count == 4, parts[1] > 0, parts[3] > 0 else { continue }
        result.cleanAperture = MovieBoxes.CleanAperture(width: parts[0] / parts[1], height: parts[2] / parts[3])
      case "colr":
        let kind = String(decoding: bytes(of: box, from: 0, 4), as: UTF8.self)
        guard ["nclx", "nclc"].contains(kind), let primaries = number(box, at: 4, 2),
          let transfer = number(box, at: 6, 2), let matrix = number(box, at: 8, 2)
        else { continue }
        result.colorCodes = MovieBoxes.ColorCodes(
          primaries: Int(primaries), transfer: Int(transfer), matrix: Int(matrix))
      case "pasp":
        guard let width = number(box, at: 0, 4), let height = number(box, at: 4, 4), width > 0, height > 0 else {
          continue
        }
        result.pixelAspect = Rational(width, height)
      default: continue
      }
    }
    return result
  }
}

extension String {
  /// From the first brace to the last: a box may begin with version and flags.
  fileprivate var firstObject: String {
    guard let start = firstIndex(of: "{"), let end = lastIndex(of: "}"), start < end else { return self }
    return String(self[start...end])
  }
}
