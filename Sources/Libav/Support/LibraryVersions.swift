import CLibav

/// The loaded libav libraries and their abilities.
public enum LibraryVersions {
  /// Name and version of each library that the program runs with, such as `libavcodec 59.37.100`.
  public static var all: [(name: String, version: String)] {
    [
      ("libavformat", text(avformat_version())), ("libavcodec", text(avcodec_version())),
      ("libavfilter", text(avfilter_version())), ("libavutil", text(avutil_version())),
      ("libswscale", text(swscale_version())), ("libswresample", text(swresample_version())),
    ]
  }

  /// FFmpeg's release, such as `5.1.9-0+deb12u1`.
  public static var release: String { string(av_version_info()) ?? "unknown" }
  /// The licence of this build of libav.
  public static var licence: String { string(avcodec_license()) ?? "unknown" }

  public static func hasEncoder(_ name: String) -> Bool { avcodec_find_encoder_by_name(name) != nil }
  public static func hasFilter(_ name: String) -> Bool { avfilter_get_by_name(name) != nil }

  private static func text(_ version: UInt32) -> String {
    "\(version >> 16).\(version >> 8 & 0xFF).\(version & 0xFF)"
  }
}
