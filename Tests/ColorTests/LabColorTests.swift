import Color
import Testing

/// CIEDE2000 against the published pairs of Sharma, Wu and Dalal (2005), table 1.
@Suite struct LabColorTests {
  @Test(arguments: [
    ([50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425), ([50, -1.3802, -84.2814], [50, 0, -82.7485], 1.0),
    ([50, 0, 0], [50, -1, 2], 2.3669), ([50, 2.49, -0.001], [50, -2.49, 0.0011], 7.2195),
    ([50, 2.5, 0], [73, 25, -18], 27.1492), ([60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644),
    ([22.7233, 20.0904, -46.694], [23.0331, 14.973, -42.5619], 2.0373),
    ([2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082),
  ] as [([Double], [Double], Double)])
  func publishedPairs(one: [Double], two: [Double], expected: Double) {
    let (a, b) = (LabColor(lightness: one[0], a: one[1], b: one[2]), LabColor(lightness: two[0], a: two[1], b: two[2]))
    #expect(abs(a.difference(from: b) - expected) < 0.000_05)
    #expect(abs(b.difference(from: a) - expected) < 0.000_05)
  }
}
