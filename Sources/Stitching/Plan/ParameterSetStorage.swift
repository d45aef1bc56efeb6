import Bitstream

/// Where the master's parameter sets are stored.
///
/// All shots and all re-encoded frames share one sample entry, `avc1` or `hvc1`, which every player accepts. Where sets
/// of the same id differ, ids are renumbered (see ``ParameterSetRenumbering``), which leaves the coded frames
/// unchanged. Several sample entries would keep the ids, but many players read only the first.
enum ParameterSetStorage: Sendable {
  /// Every shot has the same sets and nothing is encoded: all sets stay as they are. With `inBand` some shot has sets
  /// in its packets, as its own sample entry signals; else sets that packets repeat are removed.
  case shared(inBand: Bool)
  /// All sets, under distinct ids, in one sample entry (`avc1`, `hvc1`); none in the packets.
  case merged(MergedParameterSets)
  /// There are too few ids: the sets precede every keyframe, as `avc3` and `hev1` signal.
  case inBand

  /// - Parameters:
  ///   - streams: the sets of the copied shots and of the encoders, in order.
  ///   - declaring: the SEI messages on brightness that all copied shots declare.
  init(_ streams: [ParameterSets], declaring: [[UInt8]] = []) {
    if let merged = MergedParameterSets(streams, declaring: declaring),
      DecoderConfigurationRecord.record(merged.sets, isComplete: true) != nil
    {
      self = .merged(merged)
    } else {
      self = .inBand
    }
  }

  /// The report's name for it.
  var name: String {
    switch self {
    case .shared(inBand: false): "shared"
    case .merged: "merged"
    case .inBand, .shared(inBand: true): "in-band"
    }
  }

  /// Whether the sample entry keeps the shots' own record.
  var keepsRecord: Bool { if case .shared = self { true } else { false } }

  /// Rewrites a stream's packets for the master; nil when they are copied unchanged.
  func rewriter(for sets: ParameterSets, lengthSize: Int, path: String) -> PacketRewriter? {
    switch self {
    case .shared(inBand: true): nil
    case .shared(inBand: false):
      // The record stays the shot's own, so the units must keep its length size.
      lengthSize == NALUnit.writtenLengthSize ? PacketRewriter(sets, lengthSize: lengthSize, path: path) : nil
    case .merged(let merged):
      PacketRewriter(sets, renumbering: merged.renumbering(of: sets), lengthSize: lengthSize, path: path)
    case .inBand: PacketRewriter(sets, repeatingSets: true, lengthSize: lengthSize, path: path)
    }
  }

  /// Sample entries whose packets may hold parameter sets.
  static let inBandTags: Set<String> = ["avc3", "hev1"]

  /// The sample entry's four-character code.
  func tag(isHEVC: Bool) -> String {
    switch self {
    case .shared(inBand: false), .merged: isHEVC ? "hvc1" : "avc1"
    case .shared(inBand: true), .inBand: isHEVC ? "hev1" : "avc3"
    }
  }

  /// The sample entry's configuration record; nil keeps the first shot's.
  func record(first: ParameterSets) -> [UInt8]? {
    switch self {
    case .shared: nil
    case .merged(let merged): DecoderConfigurationRecord.record(merged.sets, isComplete: true)
    case .inBand:
      DecoderConfigurationRecord.record(ParameterSets(isHEVC: first.isHEVC, units: first.units), isComplete: false)
    }
  }
}
