/// Samples of 3GPP timed text (TS 26.245, `tx3g`), the text tracks of MP4 and MOV that libav calls `mov_text`.
public enum TimedText {
  /// The sample description after its general fields: one white, centred style at the bottom, and one font.
  public static let description: [UInt8] =
    // Display flags, justification, background.
    [0, 0, 0, 0] + [1, 0xFF] + [0, 0, 0, 0]
    // The text box: the player's own.
    + [0, 0, 0, 0, 0, 0, 0, 0]
    // The style: characters, font, face, size 18, colour.
    + [0, 0, 0, 0, 0, 1, 0, 18, 0xFF, 0xFF, 0xFF, 0xFF]
    // The font table.
    + [0, 0, 0, 18] + Array("ftab".utf8) + [0, 1, 0, 1, 5] + Array("Serif".utf8)

  /// A sample; of an empty text for a gap.
  public static func sample(_ text: CaptionText) -> [UInt8] {
    let bytes = Array(text.plain.utf8)
    // Characters are counted as code points.
    var position = 0
    var styles: [UInt8] = []
    var count = 0
    for run in text.runs {
      let end = position + run.text.unicodeScalars.count
      if !run.style.isEmpty {
        styles += big16(position) + big16(end) + [0, 1, run.style.rawValue, 18, 0xFF, 0xFF, 0xFF, 0xFF]
        count += 1
      }
      position = end
    }
    let box = styles.isEmpty ? [] : [0, 0] + big16(10 + styles.count) + Array("styl".utf8) + big16(count) + styles
    return big16(bytes.count) + bytes + box
  }

  /// The text of a sample, without its styles; nil where it is none.
  public static func text(of sample: [UInt8]) -> CaptionText? {
    guard sample.count >= 2 else { return nil }
    let length = Int(sample[0]) << 8 | Int(sample[1])
    guard sample.count >= 2 + length else { return nil }
    let bytes = sample[2..<2 + length]
    let isUTF16 = bytes.starts(with: [0xFE, 0xFF])
    guard !isUTF16, var text = String(validating: bytes, as: UTF8.self) else { return nil }
    text = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
    return styled(text, Array(sample[(2 + length)...]))
  }

  private static func styled(_ text: String, _ boxes: [UInt8]) -> CaptionText? {
    let scalars = Array(text.unicodeScalars)
    var styles = [CaptionText.Style](repeating: [], count: scalars.count)
    if boxes.count >= 10, boxes[4..<8].elementsEqual("styl".utf8) {
      let count = Int(boxes[8]) << 8 | Int(boxes[9])
      for number in 0..<count {
        let at = 10 + 12 * number
        guard at + 12 <= boxes.count else { break }
        let (start, end) = (Int(boxes[at]) << 8 | Int(boxes[at + 1]), Int(boxes[at + 2]) << 8 | Int(boxes[at + 3]))
        guard start < end, end <= scalars.count else { continue }
        for index in start..<end { styles[index] = CaptionText.Style(rawValue: boxes[at + 6] & 7) }
      }
    }
    var result = CaptionText()
    for (scalar, style) in zip(scalars, styles) { result.append(String(scalar), style) }
    return result
  }

  private static func big16(_ value: Int) -> [UInt8] {
    let value = UInt16(clamping: value)
    return [UInt8(value >> 8), UInt8(value & 0xFF)]
  }
}
