import Libav
import Probing

/// One audio track.
struct MediaInfoAudio: Sendable {
  private let stream: ProbeReport.StreamReport
  private let file: MediaInfoFile

  init(_ stream: ProbeReport.StreamReport, _ file: MediaInfoFile) {
    self.stream = stream
    self.file = file
  }

  private static let formats = [
    "aac": "AAC", "ac3": "AC-3", "eac3": "E-AC-3", "flac": "FLAC", "alac": "ALAC", "opus": "Opus", "vorbis": "Vorbis",
    "mp1": "MPEG Audio", "mp2": "MPEG Audio", "mp3": "MPEG Audio",
  ]
  private static let layers = ["mp1": "Layer 1", "mp2": "Layer 2", "mp3": "Layer 3"]

  var fields: [String: MediaInfoTracks.Value] {
    let info = stream.info
    guard let audio = info.audio else { return [:] }
    let codec = info.codecName
    var fields: [String: MediaInfoTracks.Value] = [
      "Format": .known(codec.hasPrefix("pcm_") ? "PCM" : Self.formats[codec]), "Channels": .text("\(audio.channels)"),
      "SamplingRate": .text("\(audio.sampleRate)"), "Language": MediaInfoFile.language(info),
      "Format_Settings_Endianness": .absent, "Format_Settings_Sign": .absent,
      "Compression_Mode": compression(codec),
    ]
    if let layer = Self.layers[codec] { fields["Format_Profile"] = .text(layer) }
    if codec == "aac" || codec == "flac" { fields["Format_Profile"] = .absent }
    switch codec {
    case "flac": fields["BitDepth"] = .known(stream.decoder?.bitsPerRawSample)
    case "aac", "ac3", "eac3", "mp1", "mp2", "mp3", "vorbis": fields["BitDepth"] = .absent
    default: break
    }
    if codec.hasPrefix("pcm_") { fields.merge(pcm(codec, audio)) { $1 } }
    if file.isMovie || file.report.container.formatName == "wav", let duration = MediaInfoFile.duration(info) {
      fields["Duration"] = .text(MediaInfoFile.decimals(duration))
    }
    if file.isMovie, codec != "aac" { fields["CodecID"] = .text(info.codecTag) }
    if file.isMovie, codec == "aac", info.profile == "LC" { fields["CodecID"] = .text("mp4a-40-2") }
    return fields
  }

  private func compression(_ codec: String) -> MediaInfoTracks.Value {
    switch codec {
    case "flac", "alac": .text("Lossless")
    case let name where name.hasPrefix("pcm_"): .absent
    default: Self.formats[codec] == nil ? .unknown : .text("Lossy")
    }
  }

  private func pcm(_ codec: String, _ audio: StreamInfo.Audio) -> [String: MediaInfoTracks.Value] {
    let kind = codec.dropFirst("pcm_".count)
    let isFloat = kind.hasPrefix("f")
    var fields: [String: MediaInfoTracks.Value] = [
      "BitDepth": .text("\(audio.bitsPerSample)"), "BitRate_Mode": .text("CBR"),
      "BitRate": .text("\(audio.bitsPerSample * audio.sampleRate * audio.channels)"),
      "Format_Profile": isFloat ? .text("Float") : .absent,
    ]
    if audio.bitsPerSample > 8 {
      fields["Format_Settings_Endianness"] = .text(kind.hasSuffix("be") ? "Big" : "Little")
      if !isFloat { fields["Format_Settings_Sign"] = .text(kind.hasPrefix("u") ? "Unsigned" : "Signed") }
    } else {
      fields["Format_Settings_Endianness"] = nil
      fields["Format_Settings_Sign"] = nil
    }
    return fields
  }
}
