public import Files

/// How the colours of a shot were matched to another at a join.
public struct JoinColorMatch: Sendable, Hashable, Codable {
  public let applied: Bool
  /// `gamma` for code values or `linear` for light, whichever fits better; null when nothing was measured.
  @Nullable public private(set) var domain: String?
  /// Red, green, blue; empty when nothing was measured.
  public let gain: [Double]
  /// Red, green, blue, on a scale of 0 to 1; empty when nothing was measured.
  public let offset: [Double]
  /// Frames over which the correction fades out; null for the whole shot, and when none is applied.
  @Nullable public private(set) var frames: Int?
  /// Estimated colour step that remains between the last kept frame and the first of the next shot; null when no
  /// correction is applied.
  @Nullable public private(set) var deltaEAfter: Double?
  public let reason: String

  enum CodingKeys: String, CodingKey {
    case applied, domain, gain, offset, frames, reason
    case deltaEAfter = "delta_e_after"
  }
}
