import Foundation
public import Timing

/// What an MP4/MOV header says and libav does not tell: edit lists, sample entries, provenance.
///
/// Read from the boxes of ISO/IEC 14496-12 and the QuickTime File Format; a box that claims more than there is ends the
/// reading of the one around it.
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
    /// Nothing is shown meanwhile.
    public var isEmpty: Bool { mediaTime == -1 }
  }

  /// What the container says of the frames, whatever the bit stream says.
  public struct SampleEntry: Sendable, Hashable {
    public let type: String
    /// Pixels.
    public let width: Int
    public let height: Int
    /// `clap`: width and height in pixels, to thousandths; nil when the whole frame is clean.
    public fileprivate(set) var cleanAperture: CleanAperture?
    /// `colr` of type nclx or nclc: numbers of ITU-T H.273.
    public fileprivate(set) var colorCodes: ColorCodes?
    /// `pasp`: width against height of a pixel; nil when nothing is said.
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
  /// Whether a C2PA manifest (JUMBF) is there; not whether it is valid.
  public let hasC2PA: Bool
  /// Whether metadata named `AIGC` is there, the mark of generated media that GB 45438-2025 asks for.
  public let hasAIGC: Bool

  /// Header bytes read at most; a film of hours takes some megabytes.
  private static let maximumHeader: Int64 = 64 << 20
  /// The user type of a C2PA box (C2PA 2.1, A.5.1).
  private static let c2paType: [UInt8] = [
    0xD8, 0xFE, 0xC3, 0xD6, 0x1B, 0x0E, 0x48, 0x3C, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7E, 0xC4, 0x81,
  ]
  /// Tracks read at most.
  private static let maximumTracks = 1000

  public init(path: String, layout: ContainerLayout) {
    func bytes(_ box: ContainerLayout.Box, limit: Int64) -> [UInt8] {
      guard let file = FileHandle(forReadingAtPath: path) else { return [] }
      defer { try? file.close() }
      guard (try? file.seek(toOffset: UInt64(box.offset))) != nil else { return [] }
      return [UInt8]((try? file.read(upToCount: Int(min(limit, box.size)))) ?? Data())
    }
    var tracks: [Track] = []
    var (hasC2PA, hasAIGC) = (false, false)
    for box in layout.boxes {
      switch box.type {
      case "moov":
        let moov = BoxReader(bytes(box, limit: Self.maximumHeader))
        guard let body = moov.first else { continue }
        tracks += moov.children(of: body).filter { $0.type == "trak" }.prefix(Self.maximumTracks).map {
          Self.track($0, moov)
        }
        hasAIGC = hasAIGC || moov.holdsAIGC(body)
      case "uuid":
        let head = bytes(box, limit: 24)
        hasC2PA = hasC2PA || head.count == 24 && Array(head[8...]) == Self.c2paType
      case "jumb": hasC2PA = true
      case "AIGC": hasAIGC = true
      case "udta", "meta":
        let reader = BoxReader(bytes(box, limit: 1 << 20))
        hasAIGC = hasAIGC || reader.first.map { reader.contains("AIGC", in: $0.body) } ?? false
      default: continue
      }
    }
    self.tracks = tracks
    self.hasC2PA = hasC2PA
    self.hasAIGC = hasAIGC
  }

  private static func track(_ trak: BoxReader.Box, _ reader: BoxReader) -> Track {
    let parts = reader.children(of: trak)
    let header = parts.first { $0.type == "tkhd" }
    let isLong = header.map { reader.number($0.body.lowerBound, 1) == 1 } ?? false
    let id = header.flatMap { reader.number($0.body.lowerBound + (isLong ? 20 : 12), 4) } ?? 0
    let edits = parts.first { $0.type == "edts" }.map { reader.children(of: $0) }?.first { $0.type == "elst" }
    let table = reader.find(["mdia", "minf", "stbl", "stsd"], in: trak)
    let isFrame = reader.find(["mdia", "minf", "vmhd"], in: trak) != nil
    return Track(
      id: Int(id), edits: edits.map { reader.edits($0) } ?? [],
      sampleEntry: isFrame ? table.flatMap { reader.sampleEntry($0) } : nil)
  }
}

/// Walks boxes in memory.
private struct BoxReader {
  struct Box {
    let type: String
    /// Without the header.
    let body: Range<Int>
  }

  /// Boxes looked at in one place, and entries of an edit list.
  private static let maximumBoxes = 10_000
  /// Bytes of a visual sample entry before its boxes.
  private static let visualEntryHeader = 78

  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var first: Box? { boxes(in: 0..<bytes.count).first }

  func number(_ position: Int, _ length: Int) -> Int64? {
    guard position >= 0, position + length <= bytes.count else { return nil }
    return Int64(bitPattern: bytes[position..<(position + length)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }

  func boxes(in range: Range<Int>) -> [Box] {
    var found: [Box] = []
    var position = range.lowerBound
    while position + 8 <= range.upperBound, found.count < Self.maximumBoxes {
      var size = Int(number(position, 4) ?? 0)
      var header = 8
      if size == 1 {
        size = Int(number(position + 8, 8) ?? 0)
        header = 16
      }
      if size == 0 { size = range.upperBound - position }
      guard size >= header else { break }
      let (claimed, overflow) = position.addingReportingOverflow(size)
      let end = overflow ? range.upperBound : min(claimed, range.upperBound)
      guard position + header <= end else { break }
      let type = String(decoding: bytes[(position + 4)..<(position + 8)], as: UTF8.self)
      found.append(Box(type: type, body: (position + header)..<end))
      position = end
    }
    return found
  }

  func children(of box: Box) -> [Box] { boxes(in: box.body) }

  func find(_ path: [String], in box: Box) -> Box? {
    var box = box
    for type in path {
      guard let next = children(of: box).first(where: { $0.type == type }) else { return nil }
      box = next
    }
    return box
  }

  func edits(_ list: Box) -> [MovieBoxes.Edit] {
    let isLong = number(list.body.lowerBound, 1) == 1
    let count = min(Int(number(list.body.lowerBound + 4, 4) ?? 0), Self.maximumBoxes)
    let width = isLong ? 8 : 4
    return (0..<count).compactMap { index in
      let start = list.body.lowerBound + 8 + index * (2 * width + 4)
      guard start + 2 * width + 4 <= list.body.upperBound, let duration = number(start, width),
        let time = number(start + width, width), let rate = number(start + 2 * width, 4)
      else { return nil }
      return MovieBoxes.Edit(
        duration: duration, mediaTime: isLong ? time : Int64(Int32(truncatingIfNeeded: time)),
        rate: Int32(truncatingIfNeeded: rate))
    }
  }

  func sampleEntry(_ table: Box) -> MovieBoxes.SampleEntry? {
    guard table.body.count > 8,
      let entry = boxes(in: (table.body.lowerBound + 8)..<table.body.upperBound).first,
      let width = number(entry.body.lowerBound + 24, 2), let height = number(entry.body.lowerBound + 26, 2),
      entry.body.count >= Self.visualEntryHeader
    else { return nil }
    var result = MovieBoxes.SampleEntry(type: entry.type, width: Int(width), height: Int(height))
    for box in boxes(in: (entry.body.lowerBound + Self.visualEntryHeader)..<entry.body.upperBound) {
      let start = box.body.lowerBound
      switch box.type {
      case "clap" where box.body.count >= 16:
        let parts = (0..<4).map { Double(number(start + 4 * $0, 4) ?? 0) }
        guard parts[1] > 0, parts[3] > 0 else { continue }
        result.cleanAperture = MovieBoxes.CleanAperture(width: parts[0] / parts[1], height: parts[2] / parts[3])
      case "colr" where box.body.count >= 10:
        guard ["nclx", "nclc"].contains(String(decoding: bytes[start..<(start + 4)], as: UTF8.self)) else { continue }
        result.colorCodes = MovieBoxes.ColorCodes(
          primaries: Int(number(start + 4, 2) ?? 2), transfer: Int(number(start + 6, 2) ?? 2),
          matrix: Int(number(start + 8, 2) ?? 2))
      case "pasp" where box.body.count >= 8:
        guard let width = number(start, 4), let height = number(start + 4, 4), width > 0, height > 0 else { continue }
        result.pixelAspect = Rational(width, height)
      default: continue
      }
    }
    return result
  }

  /// In the metadata of a movie header, not in the tables of its tracks.
  func holdsAIGC(_ moov: Box) -> Bool {
    children(of: moov).contains { ["udta", "meta", "uuid"].contains($0.type) && contains("AIGC", in: $0.body) }
  }

  func contains(_ text: String, in range: Range<Int>) -> Bool {
    let wanted = Array(text.utf8)
    guard let head = wanted.first, range.count >= wanted.count else { return false }
    return (range.lowerBound...(range.upperBound - wanted.count)).contains {
      bytes[$0] == head && bytes[$0..<($0 + wanted.count)].elementsEqual(wanted)
    }
  }
}
