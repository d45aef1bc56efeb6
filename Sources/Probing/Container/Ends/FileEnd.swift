import Libav

/// What a file lacks at its end by its container's own numbers, where libav reads to the end without an error.
enum FileEnd {
  /// Why the file is not whole; nil when it is, and where its format does not tell.
  /// - Parameter audio: packets of the main audio; nil or empty when they were not read.
  static func defect(of container: ContainerInfo, audio: PacketIndex?) -> String? {
    let names = container.formatName.split(separator: ",")
    guard let name = names.first, let file = try? RandomAccessFile(path: container.path) else { return nil }
    let text: String? =
      switch name {
      case "mov": movie(container.path)
      case "matroska": MatroskaEnd.defect(of: file)
      case "flv": FlashVideoEnd.defect(of: file)
      case "mpegts": TransportStreamEnd.defect(of: file)
      case "mpeg": ProgramStreamEnd.defect(of: file)
      case "mxf": MXFEnd.defect(of: file)
      case "asf": ASFEnd.defect(of: file)
      case "wav", "w64", "aiff", "avi": ChunkFile.missingBytes(of: file).flatMap(missing)
      case "ogg": OggEnd.defect(of: file)
      case "mp3", "aac": AudioFramesEnd.defect(of: file, frames: audio?.entries.count)
      case "flac": FLACEnd.defect(of: file, audio: audio)
      default: nil
      }
    return text.map { "is cut short: \($0)" }
  }

  static func missing(_ bytes: Int64) -> String? { bytes > 0 ? "\(bytes) bytes are missing at its end" : nil }

  /// Media that its table lists beyond the end are libav's to miss.
  private static func movie(_ path: String) -> String? {
    guard let box = ContainerLayout(path: path)?.truncatedBox, ["moov", "moof", "sidx", "mfra"].contains(box.type)
    else { return nil }
    return "it ends inside the box '\(box.type)', after \(box.present) of \(box.claimed) bytes"
  }
}

extension RandomAccessFile {
  /// Nil where the file ends before its last byte.
  func number(at offset: Int64, _ count: Int, isLittleEndian: Bool = false) -> UInt64? {
    let found = bytes(at: offset, count)
    guard found.count == count else { return nil }
    return found.number(at: 0, count, isLittleEndian: isLittleEndian)
  }

  /// One character for each byte.
  func text(at offset: Int64, _ count: Int) -> String {
    String(String.UnicodeScalarView(bytes(at: offset, count).map { Unicode.Scalar($0) }))
  }
}

extension [UInt8] {
  /// Bytes outside count as 0.
  func number(at offset: Int, _ count: Int, isLittleEndian: Bool = false) -> UInt64 {
    let part = (offset..<offset + count).map { indices.contains($0) ? UInt64(self[$0]) : 0 }
    return (isLittleEndian ? part.reversed() : part).reduce(0) { $0 << 8 | $1 }
  }
}
