import CLibav

/// Settings of the C library's allocator for frames.
public enum FrameMemory {
  /// Blocks of at least this many bytes are mapped separately: every plane of a 4K frame.
  private static let mappedFrom: Int32 = 1 << 20
  /// Bytes kept free at the end of the heap, so that packets do not grow and shrink it one by one.
  private static let keptFree: Int32 = 8 << 20

  /// For programs, at their start: the memory of frames is returned to the system as soon as they are freed.
  ///
  /// glibc raises its own threshold as blocks are freed, and the memory of a long run grows with the holes between them.
  public static func keepSmall() {
    lt_map_blocks_from(mappedFrom)
    lt_keep_free(keptFree)
  }
}
