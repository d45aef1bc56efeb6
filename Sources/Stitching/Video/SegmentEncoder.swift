import Bitstream
import Libav
import Probing

/// Renders a run of a shot's frames and encodes them, starting with an IDR.
struct SegmentEncoder: ~Copyable {
  private var renderer: FrameRenderer
  private let encoder: Encoder
  private var frame: Frame
  private var isDraining = false
  private let first: Int

  init(_ shots: [ShotPlan], shot: Int, frames: Range<Int>, encoding: ShotEncoding) throws {
    let renderer = try FrameRenderer(shots, shot: shot, frames: frames)
    let encoder = try Encoder(encoding.settings)
    let frame = try Frame()
    self.renderer = renderer
    self.encoder = encoder
    self.frame = frame
    first = frames.lowerBound
  }

  /// The sets that the encoder's packets refer to.
  func parameterSets(isHEVC: Bool) throws -> ParameterSets {
    ParameterSets(extradata: try encoder.parameters().extradata, isHEVC: isHEVC)
  }

  /// - Returns: the frame's position in presentation order, or nil after the last packet.
  mutating func next(into packet: borrowing Packet) throws -> Int? {
    while true {
      packet.clear()
      if try encoder.receive(into: packet) { return packet.pts.map { Int($0) } }
      if isDraining { return nil }
      if let position = try renderer.next(into: &frame) {
        frame.pts = Int64(position)
        frame.requestKey(position == first)
        try encoder.send(frame)
      } else {
        isDraining = true
        try encoder.sendEnd()
      }
    }
  }
}
