import Libav
import Probing

/// Gives a run of a shot's frames as they are to be seen in the master: conformed, matched in colour, mixed with the shot
/// before, faded to black.
struct FrameRenderer: ~Copyable {
  private let shot: ShotPlan
  private var reader: FrameReader
  private let painter: ColorPainter?
  /// The end of the shot before, during a dissolve.
  private var before: FrameReader?
  private let beforeShot: ShotPlan?
  private let beforePainter: ColorPainter?

  /// - Parameter frames: positions in the shot, within what is kept.
  init(_ shots: [ShotPlan], shot number: Int, frames: Range<Int>) throws {
    let shot = shots[number]
    let reader = try FrameReader(shot.clip, range: frames)
    let first = frames.lowerBound - shot.kept.lowerBound
    var before: FrameReader?
    if first < shot.changes.dissolve, number > 0 {
      let other = shots[number - 1]
      let start = other.kept.upperBound + first
      let count = min(shot.changes.dissolve - first, frames.count)
      before = try FrameReader(other.clip, range: start..<start + count)
      beforeShot = other
      beforePainter = Self.painter(other)
    } else {
      beforeShot = nil
      beforePainter = nil
    }
    self.shot = shot
    painter = Self.painter(shot)
    self.reader = reader
    self.before = before
  }

  private static func painter(_ shot: ShotPlan) -> ColorPainter? {
    guard let correction = shot.changes.correction, let format = PixelFormat(name: shot.clip.info.pixelFormat) else {
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
    if number < shot.changes.dissolve { try dissolve(into: &frame, number: number) }
    let light = shot.changes.light(number, of: shot.frameCount)
    if light < 1 {
      let black = try FrameBlend.black(
        width: frame.width, height: frame.height, format: frame.pixelFormat, color: shot.clip.tags)
      frame = try FrameBlend.mix(black, frame, weight: light)
    }
    return position
  }

  private mutating func dissolve(into frame: inout Frame, number: Int) throws {
    guard let beforeShot else { return }
    var other = try Frame()
    guard let position = try before?.next(into: &other) else {
      throw StitchError(.unusableShot, "ends before its dissolve does", file: beforeShot.clip.path)
    }
    try beforePainter?.paint(other, number: position - beforeShot.kept.lowerBound)
    let weight = (Float(number) + 1) / (Float(shot.changes.dissolve) + 1)
    frame = try FrameBlend.mix(other, frame, weight: weight)
  }
}

/// What is done to a shot's kept frames.
struct FrameEdits: Sendable {
  /// Frames at the start that are mixed with the shot before.
  var dissolve = 0
  /// Frames at the start that come up from black.
  var fadeIn = 0
  /// Frames at the end that go down to black.
  var fadeOut = 0
  var correction: ShotCorrection?
  /// Why, in words, one for each change.
  var reasons: [String] = []

  static let none = FrameEdits()

  /// Frames at the start that differ from the shot's own.
  func head(of count: Int) -> Int {
    min(count, max(dissolve, fadeIn, correction.map { $0.frames ?? count } ?? 0))
  }

  /// How much of a frame's light is left.
  func light(_ number: Int, of count: Int) -> Float {
    var light: Float = 1
    if number < fadeIn { light = min(light, Float(number + 1) / Float(fadeIn + 1)) }
    let left = count - 1 - number
    if left < fadeOut { light = min(light, Float(left) / Float(fadeOut)) }
    return light
  }
}
