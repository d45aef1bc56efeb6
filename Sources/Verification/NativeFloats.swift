/// Floats at a fixed, aligned place, for the transform library and for loops over vectors.
///
/// Not `Sendable`: it owns one block of memory.
final class NativeFloats {
  private static let alignment = 64

  let base: UnsafeMutablePointer<Float>
  let count: Int

  /// All zero.
  init(count: Int) {
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, count) * MemoryLayout<Float>.stride, alignment: Self.alignment)
    base = raw.initializeMemory(as: Float.self, repeating: 0, count: count)
    self.count = count
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }
}

/// Eight floats at a time.
typealias NativeVector = SIMD8<Float>

extension UnsafePointer<Float> {
  /// Eight floats from here, wherever that is.
  @inline(__always)
  func lanes(_ offset: Int) -> NativeVector {
    UnsafeRawPointer(self).loadUnaligned(fromByteOffset: offset &* MemoryLayout<Float>.stride, as: NativeVector.self)
  }
}

extension UnsafeMutablePointer<Float> {
  @inline(__always)
  func lanes(_ offset: Int) -> NativeVector { UnsafePointer(self).lanes(offset) }

  @inline(__always)
  func store(_ value: NativeVector, _ offset: Int) {
    UnsafeMutableRawPointer(self).storeBytes(
      of: value, toByteOffset: offset &* MemoryLayout<Float>.stride, as: NativeVector.self)
  }
}
