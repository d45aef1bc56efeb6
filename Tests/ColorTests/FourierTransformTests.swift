import Color
import Foundation
import Testing

@Suite struct FourierTransformTests {
  /// The same samples in every run.
  private static func samples(_ count: Int) -> [Float] {
    var state: UInt64 = 88_172_645_463_325_252
    return (0..<count).map { _ in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Float(state % 2001) / 1000 - 1
    }
  }

  @Test(arguments: [2, 16, 60, 256])
  func powersAreThoseOfTheDefinition(_ length: Int) throws {
    let block = Self.samples(length)
    let powers = try #require(PowerSpectrum(length: length)).powers(of: block)
    #expect(powers.count == length / 2)
    for (bin, power) in powers.enumerated() {
      var (real, imaginary) = (0.0, 0.0)
      for (place, value) in block.enumerated() {
        let angle = -2 * Double.pi * Double(bin * place) / Double(length)
        real += Double(value) * cos(angle)
        imaginary += Double(value) * sin(angle)
      }
      #expect(abs(Double(power) - real * real - imaginary * imaginary) < 1e-4 * Double(length))
    }
  }

  @Test func shortBlockIsFilledWithZeros() throws {
    let spectrum = try #require(PowerSpectrum(length: 64))
    let block = Self.samples(40)
    let short = spectrum.powers(of: block)
    #expect(short == spectrum.powers(of: block + [Float](repeating: 0, count: 24)))
  }

  @Test func columnsOfATileAreTheRowsOfItsTranspose() throws {
    let size = 32
    let values = Self.samples(size * size)
    let (source, target) = (AlignedFloats(count: size * size), AlignedFloats(count: size * size))
    let (turned, result) = (AlignedFloats(count: size * size), AlignedFloats(count: size * size))
    for (index, value) in values.enumerated() {
      source.base[index] = value
      turned.base[index % size * size + index / size] = value
    }
    try #require(FourierTransform(tileOf: size, .rows, from: source, to: target)).run()
    try #require(FourierTransform(tileOf: size, .columns, from: turned, to: result)).run()
    for index in values.indices {
      #expect(abs(target.base[index] - result.base[index % size * size + index / size]) < 1e-4)
      #expect(source.base[index] == values[index], "the input was changed")
    }
  }

  @Test(arguments: [(8, 6), (16, 9), (15, 12), (40, 34)])
  func cosineTransformIsThatOfTheDefinition(_ width: Int, _ height: Int) throws {
    let values = Self.samples(width * height)
    let plane = AlignedFloats(count: width * height)
    let transform = try #require(CosineTransform(width: width, height: height))
    values.withUnsafeBufferPointer { transform.run($0.baseAddress!, stride: width, into: plane) }
    func basis(_ bin: Int, _ place: Int, _ length: Int) -> Double {
      cos(Double.pi * Double(bin) * (2 * Double(place) + 1) / Double(2 * length))
    }
    var ratios: [Double] = []
    for v in 1..<height {
      for u in 1..<width {
        var sum = 0.0
        for y in 0..<height {
          for x in 0..<width { sum += Double(values[y * width + x]) * basis(u, x, width) * basis(v, y, height) }
        }
        let found = Double(plane.base[v * width + u])
        if abs(sum) > 0.5 { ratios.append(found / sum) }
      }
    }
    // One factor for all coefficients but the first row and column.
    let factor = try #require(ratios.first)
    #expect(ratios.count > width)
    #expect(ratios.allSatisfy { abs($0 / factor - 1) < 1e-4 })
  }
}
