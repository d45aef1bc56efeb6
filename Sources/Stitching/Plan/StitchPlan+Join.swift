extension StitchPlan {
  /// What was measured where one shot meets the next, and what is done there.
  public struct Join: Sendable, Hashable {
    /// 1 for the join of the first and the second shot.
    public let index: Int
    /// The position in the master of the second shot's first frame.
    public let frame: Int
    /// Frames dropped from the end of the first shot.
    public let overlap: Int
    /// RMS difference in code values, after level matching, between the frames taken as the same.
    public let overlapDistance: Double
    /// The same between the most similar frames, whether they were taken as the same or not.
    public let nearestDistance: Double
    /// RMS difference in code values between neighbouring frames around the join.
    public let ordinaryDistance: Double
    /// Whether the measurement leaves no doubt about the overlap; a requested overlap is certain.
    public let isCertain: Bool
    public let reason: String
    /// Mean ΔE2000 over a coarse grid between the last kept frame and the first of the next shot.
    public let deltaE: Double
    /// Mean luma step in code values on the 8-bit scale.
    public let deltaLuma: Double
    /// Mean ΔE2000 between the first shot's first frame and the next shot's first.
    public let deltaEFromFirst: Double
    /// Nil for a cut.
    public let transition: StitchTransition.Kind?
    /// Frames from ``frame`` on that show both shots; the audio crossfade has the same length. 0 without a dissolve.
    public let fadeFrames: Int
    /// Nil when no correction was requested.
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
