/// What a `LoudnessMeter` has measured.
public struct LoudnessReading: Sendable, Hashable {
  /// Gated loudness in LUFS; nil where nothing was above −70 LUFS, or under 400 ms were heard.
  public let integrated: Double?
  /// Loudness range (EBU Tech 3342) in LU; nil under three seconds.
  public let range: Double?
  /// The loudest 400 ms in LUFS; nil where all was silent.
  public let maximumMomentary: Double?
  /// The loudest three seconds in LUFS; nil where all was silent, or there were fewer.
  public let maximumShortTerm: Double?
  /// The highest true peak (four times oversampled) of each channel in dBTP; nil for digital silence.
  public let truePeaks: [Double?]

  /// The highest true peak of all channels in dBTP; nil for digital silence.
  public var truePeak: Double? { truePeaks.compactMap(\.self).max() }
}
