import Libav
import Probing

/// Renders a run of a shot's frames for the master: conformed, colour-matched, dissolved with the shot before, faded to
/// black.
struct FrameRenderer: ~Copyable {
  private let shot: ShotPlan
  private var reader: FrameReader
  private let painter: ColorPainter?
  /// The end of the shot before, during a dissolve.
  private var previous: FrameReader?
  private let previousShot: ShotPlan?
  private let previousPainter: ColorPainter?

  /// - Parameter frames: positions in the shot, within its kept range.
  init(_ shots: [ShotPlan], shot number: Int, frames: Range<Int>) throws {
    let shot = shots[number]
    let reader = try FrameReader(shot.clip, range: frames)
    let first = frames.lowerBound - shot.kept.lowerBound
    var previous: FrameReader?
    if first < shot.edits.dissolve, number > 0 {
      let other = shots[number - 1]
      let start = other.kept.upperBound + first
      let count = min(shot.edits.dissolve - first, frames.count)
      previous = try FrameReader(other.clip, range: start..<start + count)
      previousShot = other
      previousPainter = Self.painter(other)
    } else {
      previousShot = nil
      previousPainter = nil
    }
    self.shot = shot
    painter = Self.painter(shot)
    self.reader = reader
    self.previous = previous
  }

  private static func painter(_ shot: ShotPlan) -> ColorPainter? {
    guard let correction = shot.edits.correction, let format = PixelFormat(name: shot.clip.info.pixelFormat) else {
      return nil
    }
    return ColorPainter(correction, color: shot.clip.tags, bitDepth: format.bitDepth)
  }

  /// - Returns: the frame's position in the shot, or nil after the last.
  mutating func next(into frame: inout Frame) throws -> Int? {
    guard let position = try reader.next(into: &frame) else { return nil }
    let number = position - shot.kept.lowerBound
    do throws(LibavError) {
      try painter?.paint(frame, number: number)
    } catch {
      throw error.about(shot.clip.path)
    }
    if number < shot.edits.dissolve { try dissolve(into: &frame, number: number) }
    let brightness = shot.edits.brightness(number, of: shot.frameCount)
    if brightness < 1 {
      let black = try FrameBlend.black(
        width: frame.width, height: frame.height, format: frame.pixelFormat, color: shot.clip.tags)
      frame = try FrameBlend.mix(black, frame, weight: brightness)
    }
    return position
  }

  private mutating func dissolve(into frame: inout Frame, number: Int) throws {
    guard let previousShot else { return }
    var other = try Frame()
    guard let position = try previous?.next(into: &other) else {
      throw StitchError(.unusableShot, "ends before its dissolve", file: previousShot.clip.path)
    }
    try previousPainter?.paint(other, number: position - previousShot.kept.lowerBound)
    let weight = (Float(number) + 1) / (Float(shot.edits.dissolve) + 1)
    frame = try FrameBlend.mix(other, frame, weight: weight)
  }
}
