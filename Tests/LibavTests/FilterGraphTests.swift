import Foundation
import Libav
import Support
import Testing
import Timing

@Suite(.media) struct FilterGraphTests {
  private func video(_ width: Int = 64, _ height: Int = 48) throws -> FilterInput {
    .video(
      width: width, height: height, format: .gray8, timeBase: try #require(TimeBase(1, 25)), frameRate: FrameRate(25),
      color: ColorTags())
  }

  private func frame(_ value: UInt8, pts: Int64, width: Int = 64, height: Int = 48) throws -> Frame {
    let frame = try Frame(width: width, height: height, format: .gray8)
    frame.withMutablePlane(0) { bytes, _ in for index in bytes.indices { bytes[index] = value } }
    frame.pts = pts
    return frame
  }

  @Test func framesComeOutFiltered() throws {
    let graph = try FilterGraph("crop=32:16:0:0,negate", inputs: [try video()])
    let output = try Frame()
    for number in 0..<3 {
      try graph.send(try frame(UInt8(number), pts: Int64(number)))
      #expect(try graph.receive(into: output))
      #expect(output.width == 32 && output.height == 16 && output.pts == Int64(number))
      let first = output.withPlane(0) { bytes, _ in bytes[0] }
      #expect(first == 255 - UInt8(number))
    }
    #expect(try !graph.receive(into: output))
    try graph.sendEnd()
    #expect(try !graph.receive(into: output))
    #expect(graph.timeBase.description == "1/25")
  }

  @Test func severalInputsAreLabelled() throws {
    let graph = try FilterGraph("[in0][in1]hstack", inputs: [try video(), try video()])
    try graph.send(try frame(10, pts: 0), input: 0)
    let output = try Frame()
    #expect(try !graph.receive(into: output))
    try graph.send(try frame(20, pts: 0), input: 1)
    #expect(try graph.receive(into: output))
    #expect(output.width == 128)
    let sides = output.withPlane(0) { bytes, _ in [bytes[0], bytes[64]] }
    #expect(sides == [10, 20])
  }

  @Test func aGraphMayGenerateItsFrames() throws {
    let graph = try FilterGraph("color=c=black:s=16x16:r=10:d=0.3,format=gray", inputs: [])
    let output = try Frame()
    var count = 0
    while try graph.receive(into: output) { count += 1 }
    #expect(count == 3)
  }

  /// libav's own text names the cause.
  @Test(arguments: [
    ("nosuchfilter", "nosuchfilter"), ("scale=nosuchoption=1", "nosuchoption"), ("crop=w=xyz", "xyz"),
  ])
  func errorsQuoteLibav(description: String, cause: String) throws {
    let error = #expect(throws: LibavError.self) { _ = try FilterGraph(description, inputs: [try video()]) }
    #expect(error?.averror ?? 0 < 0)
    #expect(error?.log.contains { $0.contains(cause) } == true, "\(error?.log ?? [])")
  }

  @Test(arguments: ["plain", "a:b,c;d", "it's", "[in0]", "back\\slash", "%{pts}", "ümläut =x"])
  func escapedTextIsOneOptionValue(text: String) throws {
    let graph = try FilterGraph("metadata=mode=add:key=k:value=\(FilterGraph.escaped(text))", inputs: [try video()])
    try graph.send(try frame(1, pts: 0))
    let output = try Frame()
    #expect(try graph.receive(into: output))
  }
}

@Suite(.media) struct ResamplerTests {
  private func sine(_ format: AudioFormat, samples: Int, from start: Int = 0) throws -> Frame {
    let frame = try Frame(audio: format, sampleCount: samples)
    for channel in 0..<format.layout.channelCount {
      frame.withMutableSamples(channel) { target in
        for index in 0..<samples {
          target[index] = Float(sin(2 * Double.pi * 440 * Double(start + index) / Double(format.sampleRate)))
        }
      }
    }
    return frame
  }

  private func samples(_ frame: borrowing Frame) -> [Float] {
    frame.withSamples(0) { samples in samples.indices.map { samples[$0] } }
  }

  @Test func theSameFormatPassesThrough() throws {
    let format = AudioFormat(sampleRate: 48_000, layout: .stereo)
    var resampler = Resampler(to: format)
    let output = try resampler.convert(try sine(format, samples: 1000))
    #expect(samples(output) == samples(try sine(format, samples: 1000)))
    #expect(resampler.heldBack == 0)
    let rest = try resampler.flush()?.sampleCount
    #expect(rest == nil)
  }

  @Test func noSampleIsLostWhenTheRateChanges() throws {
    let source = AudioFormat(sampleRate: 44_100, layout: .mono)
    var resampler = Resampler(to: AudioFormat(sampleRate: 48_000, layout: .mono))
    var count = 0
    for block in 0..<10 {
      count += try resampler.convert(try sine(source, samples: 4410, from: block * 4410)).sampleCount
    }
    #expect(count < 48_000 && count + resampler.heldBack >= 47_999)
    while let rest = try resampler.flush() { count += rest.sampleCount }
    #expect(abs(count - 48_000) <= 1)
    #expect(resampler.heldBack == 0)
  }

  /// Samples held back of the old format come out before those of the new one.
  @Test func aChangeOfFormatKeepsTheSamplesHeldBack() throws {
    let (first, second) = (
      AudioFormat(sampleRate: 44_100, layout: .mono), AudioFormat(sampleRate: 32_000, layout: .stereo)
    )
    var resampler = Resampler(to: AudioFormat(sampleRate: 48_000, layout: .mono))
    var count = 0
    for block in 0..<10 {
      let format = block.isMultiple(of: 2) ? first : second
      count += try resampler.convert(try sine(format, samples: format.sampleRate / 10)).sampleCount
    }
    while let rest = try resampler.flush() { count += rest.sampleCount }
    #expect(abs(count - 48_000) <= 10, "\(count)")
  }

  @Test func interleavedTargetsKeepTheSamplesHeldBackToo() throws {
    let target = AudioFormat(sampleRate: 48_000, layout: .stereo, sampleFormat: .int16)
    var resampler = Resampler(to: target)
    var count = try resampler.convert(try sine(AudioFormat(sampleRate: 44_100, layout: .mono), samples: 4410))
      .sampleCount
    let held = resampler.heldBack
    #expect(held > 0)
    let next = try resampler.convert(try sine(AudioFormat(sampleRate: 48_000, layout: .stereo), samples: 4800))
    #expect(next.sampleCount >= 4800 + held - 1)
    count += next.sampleCount
    #expect(abs(count - 9600) <= 1)
  }
}
