import Libav

/// Something that reads bytes of strangers.
public enum FuzzTarget: String, CaseIterable, Sendable {
  /// A media file: opened, probed, decoded.
  case media
  /// The boxes of an MP4 or MOV.
  case boxes
  /// NAL units, parameter sets and SEI messages.
  case bitstreams
  /// Server-sent events.
  case events
  case storyboards
  /// Model descriptors, verify presets, models of a catalogue.
  case presets
  /// JSON of the services.
  case answers
  /// Files of SubRip and WebVTT.
  case captions
  /// Items of CBOR, and manifest stores of C2PA.
  case provenance
  /// Times, timecodes, durations, amounts.
  case times

  /// Limits the media of this process, so that an input that is only slow does not hide others.
  public static func limitMedia() {
    var limits = MediaLimits()
    limits.pixels = 1 << 18
    limits.packets = 2000
    limits.streams = 32
    limits.decodeTime = 5
    limits.memory = 64 << 20
    MediaLimits.set(limits)
  }

  /// Reads the bytes. Errors that a user would be shown are no failure.
  /// - Throws: ``FuzzFailure`` where a property does not hold.
  public func run(_ bytes: [UInt8]) throws {
    switch self {
    case .media: try MediaTarget.run(bytes)
    case .boxes: try BoxTarget.run(bytes)
    case .bitstreams: try BitstreamTarget.run(bytes)
    case .events: try EventTarget.run(bytes)
    case .storyboards: StoryboardTarget.run(bytes)
    case .presets: PresetTarget.run(bytes)
    case .answers: try AnswerTarget.run(bytes)
    case .captions: try CaptionTarget.run(bytes)
    case .provenance: try ProvenanceTarget.run(bytes)
    case .times: try TimeTarget.run(bytes)
    }
  }
}

/// A property that does not hold.
public struct FuzzFailure: Error, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}

func require(_ holds: Bool, _ text: @autoclosure () -> String) throws(FuzzFailure) {
  if !holds { throw FuzzFailure(text()) }
}
