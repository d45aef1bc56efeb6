import Color
import Testing

@Suite struct LabColorTests {
  struct Pair: Sendable, CustomTestStringConvertible {
    let number: Int
    let one: (Double, Double, Double)
    let two: (Double, Double, Double)
    let difference: Double
    var testDescription: String { "pair \(number)" }

    init(
      _ number: Int, _ one: (Double, Double, Double), _ two: (Double, Double, Double), _ difference: Double
    ) {
      (self.number, self.one, self.two, self.difference) = (number, one, two, difference)
    }
  }

  /// Table 1 of Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula" (2005).
  static let published = [
    Pair(1, (50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    Pair(2, (50, 3.1571, -77.2803), (50, 0, -82.7485), 2.8615),
    Pair(3, (50, 2.8361, -74.02), (50, 0, -82.7485), 3.4412),
    Pair(4, (50, -1.3802, -84.2814), (50, 0, -82.7485), 1),
    Pair(5, (50, -1.1848, -84.8006), (50, 0, -82.7485), 1),
    Pair(6, (50, -0.9009, -85.5211), (50, 0, -82.7485), 1),
    Pair(7, (50, 0, 0), (50, -1, 2), 2.3669),
    Pair(8, (50, -1, 2), (50, 0, 0), 2.3669),
    Pair(9, (50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
    Pair(10, (50, 2.49, -0.001), (50, -2.49, 0.001), 7.1792),
    Pair(11, (50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
    Pair(12, (50, 2.49, -0.001), (50, -2.49, 0.0012), 7.2195),
    Pair(13, (50, -0.001, 2.49), (50, 0.0009, -2.49), 4.8045),
    Pair(14, (50, -0.001, 2.49), (50, 0.001, -2.49), 4.8045),
    Pair(15, (50, -0.001, 2.49), (50, 0.0011, -2.49), 4.7461),
    Pair(16, (50, 2.5, 0), (50, 0, -2.5), 4.3065),
    Pair(17, (50, 2.5, 0), (73, 25, -18), 27.1492),
    Pair(18, (50, 2.5, 0), (61, -5, 29), 22.8977),
    Pair(19, (50, 2.5, 0), (56, -27, -3), 31.903),
    Pair(20, (50, 2.5, 0), (58, 24, 15), 19.4535),
    Pair(21, (50, 2.5, 0), (50, 3.1736, 0.5854), 1),
    Pair(22, (50, 2.5, 0), (50, 3.2972, 0), 1),
    Pair(23, (50, 2.5, 0), (50, 1.8634, 0.5757), 1),
    Pair(24, (50, 2.5, 0), (50, 3.2592, 0.335), 1),
    Pair(25, (60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    Pair(26, (63.0109, -31.0961, -5.8663), (62.8187, -29.7946, -4.0864), 1.263),
    Pair(27, (61.2901, 3.7196, -5.3901), (61.4292, 2.248, -4.962), 1.8731),
    Pair(28, (35.0831, -44.1164, 3.7933), (35.0232, -40.0716, 1.5901), 1.8645),
    Pair(29, (22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373),
    Pair(30, (36.4612, 47.858, 18.3852), (36.2715, 50.5065, 21.2231), 1.4146),
    Pair(31, (90.8027, -2.0831, 1.441), (91.1528, -1.6435, 0.0447), 1.4441),
    Pair(32, (90.9257, -0.5406, -0.9208), (88.6381, -0.8985, -0.7239), 1.5381),
    Pair(33, (6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    Pair(34, (2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
  ]

  @Test(arguments: published)
  func differenceIsThePublishedOne(_ pair: Pair) {
    let one = LabColor(lightness: pair.one.0, a: pair.one.1, b: pair.one.2)
    let two = LabColor(lightness: pair.two.0, a: pair.two.1, b: pair.two.2)
    #expect(abs(one.difference(from: two) - pair.difference) < 0.000_05)
    #expect(abs(two.difference(from: one) - pair.difference) < 0.000_05)
  }

  @Test(arguments: [
    (SIMD3(1.0, 1, 1), (100.0, 0.0, 0.0)), (SIMD3(0.0, 0, 0), (0, 0, 0)), (SIMD3(1.0, 0, 0), (53.24, 80.09, 67.2)),
    (SIMD3(0.0, 0, 1), (32.3, 79.19, -107.86)),
  ])
  func primariesHaveTheirKnownColors(_ rgb: SIMD3<Double>, _ expected: (Double, Double, Double)) {
    let lab = LabColor(rgb: rgb)
    #expect(abs(lab.lightness - expected.0) < 0.02)
    #expect(abs(lab.a - expected.1) < 0.02)
    #expect(abs(lab.b - expected.2) < 0.02)
  }

  @Test func olderDifferenceIsTheDistanceInLab() {
    let one = LabColor(lightness: 50, a: 3, b: -4)
    let two = LabColor(lightness: 62, a: 6, b: 0)
    #expect(abs(one.difference76(from: two) - 13) < 1e-12)
  }
}
