import CLibav

/// How the C library's allocator treats frames.
public enum FrameMemory {
  /// Bytes from which a block is mapped by itself: every plane of a 4K frame.
  private static let mappedFrom: Int32 = 1 << 20
  /// Bytes at the heap's end that are kept for the next blocks: packets would else be given back and asked for one by one.
  private static let keptFree: Int32 = 8 << 20

  /// For programs, at their start: frames that are let go are given back at once.
  ///
  /// glibc raises its own threshold as blocks are freed, and the memory of a long run grows with the holes between them.
  public static func keepSmall() {
    lt_map_blocks_from(mappedFrom)
    lt_keep_free(keptFree)
  }
}
