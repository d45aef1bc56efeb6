import Bitstream

/// How the parameter sets travel in the master.
///
/// All shots and all frames encoded here share one sample entry, `avc1` or `hvc1`, which players of every kind take: where
/// sets of the same id differ, ids are changed (see ``ParameterSetRenumbering``), which leaves every coded frame as it is. Several
/// sample entries would keep the ids, but players commonly read only the first.
enum Packaging: Sendable {
  /// Every shot has the same sets and nothing is encoded: packets go through untouched.
  case shared
  /// All sets, under distinct ids, in the one sample entry (`avc1`, `hvc1`); none in the packets.
  case merged(MergedParameterSets)
  /// The ids do not suffice: the sets stand before every keyframe, and the sample entry says so (`avc3`, `hev1`).
  case inBand

  /// For the sets of the copied shots and of the encoders, in order.
  /// - Parameter declaring: what all the copied shots say of their frames' brightness.
  init(_ streams: [ParameterSets], declaring: [[UInt8]] = []) {
    if let merged = MergedParameterSets(streams, declaring: declaring),
      DecoderConfigurationRecord.record(merged.sets, isComplete: true) != nil
    {
      self = .merged(merged)
    } else {
      self = .inBand
    }
  }

  /// As a report names it.
  var name: String {
    switch self {
    case .shared: "shared"
    case .merged: "merged"
    case .inBand: "in-band"
    }
  }

  /// What brings a stream's packets into the master's form; nil when they go through untouched.
  func rewriter(for sets: ParameterSets, lengthSize: Int, path: String) -> PacketRewriter? {
    switch self {
    case .shared: nil
    case .merged(let merged):
      PacketRewriter(sets, renumbering: merged.renumbering(of: sets), lengthSize: lengthSize, path: path)
    case .inBand: PacketRewriter(sets, repeatingSets: true, lengthSize: lengthSize, path: path)
    }
  }

  /// The sample entry's record and its four-letter name; nil when the first shot's own stay.
  func sampleEntry(first: ParameterSets) -> (record: [UInt8], tag: String)? {
    switch self {
    case .shared: nil
    case .merged(let merged):
      DecoderConfigurationRecord.record(merged.sets, isComplete: true).map { ($0, first.isHEVC ? "hvc1" : "avc1") }
    case .inBand:
      DecoderConfigurationRecord.record(ParameterSets(isHEVC: first.isHEVC, units: first.units), isComplete: false).map
      {
        ($0, first.isHEVC ? "hev1" : "avc3")
      }
    }
  }
}
