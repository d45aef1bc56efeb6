import Libav
import Probing

/// Decodes a run of a shot's frames as they are in the master's format, by their positions at the master's rate.
///
/// A class because the compiler takes most of a minute to check values that nest this deep for copies.
final class FrameReader {
  private let clip: SourceClip
  private var walker: FrameWalker
  private let converter: FrameConverter?
  private let raw: Frame
  private var current: Frame
  /// The shot's own frame that ``current`` shows.
  private var currentFrame = -1
  private var position: Int
  private let end: Int

  init(_ clip: SourceClip, range: Range<Int>) throws {
    let rates = clip.conform?.rates
    let own =
      if let rates, let first = rates.shares[range].first?.first, let last = rates.shares[range].last?.last {
        first.frame..<last.frame + 1
      } else {
        range
      }
    let walker = try FrameWalker(path: clip.path, video: clip.video, wanted: Array(own))
    let converter: FrameConverter? =
      if let recipe = clip.conform { try FrameConverter(clip, to: recipe) } else { nil }
    let raw = try Frame()
    let current = try Frame()
    self.clip = clip
    self.converter = converter
    self.raw = raw
    self.current = current
    position = range.lowerBound
    end = range.upperBound
    self.walker = walker
  }

  /// Gives the next frame; what is written into it later must not be: it may be given again.
  /// - Returns: its position, or nil after the last.
  func next(into frame: inout Frame) throws -> Int? {
    guard position < end else { return nil }
    defer { position += 1 }
    guard let rates = clip.conform?.rates else {
      guard try walker.next(into: raw) != nil else { throw missing(position) }
      frame = try convert()
      return position
    }
    let shares = rates.shares[position]
    var sum: Float = 0
    for share in shares {
      try advance(to: share.frame)
      sum += share.weight
      frame =
        if sum == share.weight { try current.share() } else {
          try FrameBlend.mix(frame, current, weight: share.weight / sum)
        }
    }
    return position
  }

  private func advance(to frame: Int) throws {
    while currentFrame < frame {
      guard let found = try walker.next(into: raw) else { throw missing(frame) }
      currentFrame = found
      if found == frame { current = try convert() }
    }
  }

  private func convert() throws -> Frame {
    guard converter != nil else { return try raw.share() }
    do throws(LibavError) {
      guard let converted = try converter?.convert(raw) else { return try raw.share() }
      return converted
    } catch {
      throw error.about(clip.path)
    }
  }

  private func missing(_ frame: Int) -> StitchError {
    StitchError(.unusableShot, "its frame #\(frame) cannot be decoded", file: clip.path)
  }
}
