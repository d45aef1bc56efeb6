extension StitchPlan {
  /// What was measured where one shot meets the next, and what is done there.
  public struct Join: Sendable, Hashable {
    /// 1 for the join of the first and the second shot.
    public let index: Int
    /// The first frame of the second shot in the master.
    public let frame: Int
    /// Frames dropped from the end of the first shot.
    public let overlap: Int
    /// RMS difference in code values between the frames taken as the same, levels apart.
    public let overlapDistance: Double
    /// RMS difference in code values between the frames that come nearest to being the same, whether taken so or not.
    public let nearestDistance: Double
    /// RMS difference in code values from frame to frame around the join.
    public let ordinaryDistance: Double
    /// Whether the measurement leaves no doubt about the overlap; what was asked for is certain.
    public let isCertain: Bool
    public let reason: String
    /// Mean ΔE2000 over a coarse grid between the last kept frame and the first of the next shot.
    public let deltaE: Double
    /// Mean luma step in code values on the 8-bit scale.
    public let deltaLuma: Double
    /// Mean ΔE2000 between the first shot's first frame and the next shot's first.
    public let deltaEFromFirst: Double
    /// Nil for a plain cut from frame to frame.
    public let transition: StitchTransition.Kind?
    /// Frames from ``frame`` on that show both shots: the audio fades over the same span. 0 without a dissolve.
    public let fadeFrames: Int
    /// Nil when no correction was asked for.
    public let colorMatch: JoinColorMatch?

    init(
      _ index: Int, at frame: Int, _ measured: JoinMeasurement, transition: StitchTransition.Kind?, fadeFrames: Int,
      colorMatch: JoinColorMatch?
    ) {
      self.index = index
      self.frame = frame
      overlap = measured.overlap.overlap
      overlapDistance = measured.overlap.distance
      nearestDistance = measured.overlap.nearest
      ordinaryDistance = measured.overlap.ordinary
      isCertain = measured.overlap.isCertain
      reason = measured.overlap.reason
      deltaE = measured.color.deltaE
      deltaLuma = measured.color.luma
      deltaEFromFirst = measured.color.fromFirst
      self.transition = transition
      self.fadeFrames = fadeFrames
      self.colorMatch = colorMatch
    }
  }
}

/// How the colours of a shot were brought near another at a join.
public struct JoinColorMatch: Sendable, Hashable, Codable {
  public let applied: Bool
  /// `gamma` for code values or `linear` for light, whichever came nearer; null when nothing was measured.
  public let domain: String?
  /// Red, green, blue; empty when nothing was measured.
  public let gain: [Double]
  /// Red, green, blue, on a scale of 0 to 1.
  public let offset: [Double]
  /// Frames over which the correction fades out; null for the whole shot, and when none is applied.
  public let frames: Int?
  /// The colour step that is left between the last kept frame and the first of the next shot, estimated; null when none is
  /// applied.
  public let deltaEAfter: Double?
  public let reason: String

  enum CodingKeys: String, CodingKey {
    case applied, domain, gain, offset, frames, reason
    case deltaEAfter = "delta_e_after"
  }

  /// Every member is always there; what is not known is `null`.
  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(applied, forKey: .applied)
    try fields.encode(domain, forKey: .domain)
    try fields.encode(gain, forKey: .gain)
    try fields.encode(offset, forKey: .offset)
    try fields.encode(frames, forKey: .frames)
    try fields.encode(deltaEAfter, forKey: .deltaEAfter)
    try fields.encode(reason, forKey: .reason)
  }
}
