import Libav
import Stitching
import Timing

/// The lines of a slate, top to bottom.
struct SlateText: Sendable, Hashable { let lines: [String] }

/// The slate and the black in front of a program.
struct HeadFrames: ~Copyable {
  /// Parts of the frame's height.
  private static let textHeight = 0.035
  private static let lineHeight = 0.065
  private static let background = "0x202020"

  private let slate: Frame
  private let black: Frame
  private let slateFrames: Int

  init(_ plan: DeliveryPlan, slate text: SlateText) throws {
    let black = try FrameBlend.black(width: plan.width, height: plan.height, format: plan.format, color: plan.color)
    let slate = try Self.draw(text, plan)
    self.black = black
    self.slate = slate
    slateFrames = plan.slateFrames
  }

  /// The frame at a position of the version, below the head's end.
  func frame(at position: Int) throws(LibavError) -> Frame {
    position < slateFrames ? try slate.share() : try black.share()
  }

  private static func draw(_ text: SlateText, _ plan: DeliveryPlan) throws -> Frame {
    let size = Int(Double(plan.height) * textHeight)
    let top = (plan.height - Int(Double(plan.height) * lineHeight) * text.lines.count) / 2
    var steps = ["color=c=\(background):s=\(plan.width)x\(plan.height):r=1:d=1"]
    for (number, line) in text.lines.enumerated() {
      let y = top + number * Int(Double(plan.height) * lineHeight)
      // A title in other letters is shown without them.
      let shown = DrawnText(line) ?? DrawnText(String(line.map { DrawnText(String($0)) == nil ? "?" : $0 }))
      if let shown { steps.append(try shown.filter(size: size, x: "(w-tw)/2", y: "\(y)")) }
    }
    steps.append("scale=out_color_matrix=bt709:out_range=tv,format=\(plan.format)")
    let graph = try FilterGraph(steps.joined(separator: ","), inputs: [])
    let frame = try Frame()
    guard try graph.receive(into: frame) else { throw LibavError(.other, "the slate could not be drawn") }
    frame.color = plan.color
    frame.sampleAspectRatio = .one
    return try frame.share()
  }
}
