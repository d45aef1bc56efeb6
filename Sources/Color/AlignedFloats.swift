/// Floats at a fixed, aligned address, for libfftw3 and for loops over vectors.
///
/// Not `Sendable`: it owns one block of memory.
package final class AlignedFloats {
  private static let alignment = 64

  package let base: UnsafeMutablePointer<Float>
  package let count: Int

  /// All zero.
  package init(count: Int) {
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, count) * MemoryLayout<Float>.stride, alignment: Self.alignment)
    base = raw.initializeMemory(as: Float.self, repeating: 0, count: count)
    self.count = count
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }
}

/// Eight floats at a time.
@usableFromInline
package typealias FloatLanes = SIMD8<Float>

extension UnsafePointer<Float> {
  /// Eight floats from here, wherever that is.
  @inlinable @inline(__always)
  package func lanes(_ offset: Int) -> FloatLanes {
    UnsafeRawPointer(self).loadUnaligned(fromByteOffset: offset &* MemoryLayout<Float>.stride, as: FloatLanes.self)
  }
}

extension UnsafeMutablePointer<Float> {
  @inlinable @inline(__always)
  package func lanes(_ offset: Int) -> FloatLanes { UnsafePointer(self).lanes(offset) }

  @inlinable @inline(__always)
  package func store(_ value: FloatLanes, _ offset: Int) {
    UnsafeMutableRawPointer(self).storeBytes(
      of: value, toByteOffset: offset &* MemoryLayout<Float>.stride, as: FloatLanes.self)
  }
}
