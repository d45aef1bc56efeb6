/// The rows of a plane that several threads fill at once, valid while the closure that lent the bytes runs.
///
/// `@unchecked Sendable` because it wraps a pointer: every thread writes only rows that no other one writes.
struct PlaneRows: @unchecked Sendable {
  private let bytes: UnsafeMutableBufferPointer<UInt8>
  private let stride: Int
  private let width: Int

  /// - Parameters:
  ///   - stride: bytes from one row to the next.
  ///   - width: bytes of a row that are pixels.
  init(_ bytes: UnsafeMutableBufferPointer<UInt8>, stride: Int, width: Int) {
    self.bytes = bytes
    self.stride = stride
    self.width = width
  }

  func row(_ y: Int) -> UnsafeMutableBufferPointer<UInt8> {
    UnsafeMutableBufferPointer(rebasing: bytes[y * stride..<y * stride + width])
  }
}
