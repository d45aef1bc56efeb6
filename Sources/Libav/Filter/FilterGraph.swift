import CLibav
public import Timing

/// The format of one input of a filter graph.
public enum FilterInput: Sendable, Hashable {
  case video(width: Int, height: Int, format: PixelFormat, timeBase: TimeBase, frameRate: FrameRate?, color: ColorTags)
  case audio(AudioFormat, timeBase: TimeBase)
}

/// Runs frames through a graph of libavfilter's filters, given in ffmpeg's `-filter_complex` language.
///
/// Inputs are labelled `[in0]`, `[in1]`, …, the one output `[out]`; a graph of one input may leave the labels out.
/// Not `Sendable`: it owns one `AVFilterGraph`.
public struct FilterGraph: ~Copyable {
  private let pointer: UnsafeMutablePointer<AVFilterGraph>
  private let sources: [UnsafeMutablePointer<AVFilterContext>]
  private let sink: UnsafeMutablePointer<AVFilterContext>
  public let log: MessageLog

  /// - Parameters:
  ///   - inputs: may be empty when the graph generates its own frames.
  ///   - threads: for slice threading within filters; 0 lets libav choose.
  public init(_ description: String, inputs: [FilterInput], isAudio: Bool = false, threads: Int = 0) throws(LibavError)
  {
    let log = MessageLog()
    let graph = try allocated(avfilter_graph_alloc(), "a filter graph")
    var owned: UnsafeMutablePointer<AVFilterGraph>? = graph
    lt_graph_set_owner(graph, log.number)
    graph.pointee.nb_threads = Int32(threads)
    do throws(LibavError) {
      let (sources, sink) = try log.collecting { () throws(LibavError) in
        var sources: [UnsafeMutablePointer<AVFilterContext>] = []
        for (index, input) in inputs.enumerated() {
          sources.append(try Self.source(input, named: "in\(index)", in: graph, log: log))
        }
        let sink = try Self.filter(isAudio ? "abuffersink" : "buffersink", named: "out", "", in: graph, log: log)
        try Self.connect(description, sources: sources, sink: sink, in: graph, log: log)
        try check(avfilter_graph_config(graph, graph), "configuring the filters \(description)", log: log)
        return (sources, sink)
      }
      self.log = log
      self.sources = sources
      self.sink = sink
      pointer = graph
    } catch {
      avfilter_graph_free(&owned)
      throw error
    }
  }

  deinit {
    var pointer: UnsafeMutablePointer<AVFilterGraph>? = pointer
    avfilter_graph_free(&pointer)
  }

  /// Sends a frame to an input; the frame stays usable.
  public func send(_ frame: borrowing Frame, input: Int = 0) throws(LibavError) {
    try check(
      av_buffersrc_add_frame_flags(sources[input], frame.pointer, Int32(AV_BUFFERSRC_FLAG_KEEP_REF)), "filtering",
      log: log)
  }

  public func sendEnd(input: Int = 0) throws(LibavError) {
    try check(av_buffersrc_add_frame_flags(sources[input], nil, 0), "ending a filter graph", log: log)
  }

  /// - Returns: false when more frames are needed, or all is out.
  public func receive(into frame: borrowing Frame) throws(LibavError) -> Bool {
    frame.clear()
    let status = av_buffersink_get_frame(sink, frame.pointer)
    if status == lt_error_again || status == lt_error_eof { return false }
    try check(status, "filtering", log: log)
    return true
  }

  /// A text escaped for use as an option's value: libav parses a description twice, so it is escaped twice.
  public static func escaped(_ text: String) -> String { escapedOnce(escapedOnce(text)) }

  private static func escapedOnce(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      let isPlain = scalar.value >= 0x80 || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
      result += isPlain ? String(scalar) : "\\\(scalar)"
    }
  }

  /// The time base of the frames that come out.
  public var timeBase: TimeBase { TimeBase(Rational(av_buffersink_get_time_base(sink))) ?? .microseconds }

  private static func source(
    _ input: FilterInput, named name: String, in graph: UnsafeMutablePointer<AVFilterGraph>, log: MessageLog
  ) throws(LibavError) -> UnsafeMutablePointer<AVFilterContext> {
    switch input {
    case .video(let width, let height, let format, let timeBase, let frameRate, let color):
      let rate = frameRate.map { ":frame_rate=\($0)" } ?? ""
      let source = try filter(
        "buffer", named: name,
        "video_size=\(width)x\(height):pix_fmt=\(format):time_base=\(timeBase):pixel_aspect=1/1\(rate)", in: graph,
        log: log)
      try check(
        lt_buffersrc_set_color(source, Int32(color.matrixValue.rawValue), Int32(color.rangeValue.rawValue)),
        "setting the color of a filter's input", log: log)
      return source
    case .audio(let format, let timeBase):
      return try filter(
        "abuffer", named: name,
        "sample_rate=\(format.sampleRate):sample_fmt=\(format.sampleFormat):channel_layout=\(format.layout):time_base=\(timeBase)",
        in: graph, log: log)
    }
  }

  private static func filter(
    _ kind: String, named name: String, _ arguments: String, in graph: UnsafeMutablePointer<AVFilterGraph>,
    log: MessageLog
  ) throws(LibavError) -> UnsafeMutablePointer<AVFilterContext> {
    guard let filter = avfilter_get_by_name(kind) else {
      throw LibavError(.codecMissing, "this libav has no filter \(kind)")
    }
    var context: UnsafeMutablePointer<AVFilterContext>?
    try check(
      avfilter_graph_create_filter(&context, filter, name, arguments, nil, graph), "setting up \(kind)", log: log)
    return try allocated(context, "a filter")
  }

  private static func connect(
    _ description: String, sources: [UnsafeMutablePointer<AVFilterContext>],
    sink: UnsafeMutablePointer<AVFilterContext>,
    in graph: UnsafeMutablePointer<AVFilterGraph>, log: MessageLog
  ) throws(LibavError) {
    var outputs: UnsafeMutablePointer<AVFilterInOut>?
    var inputs: UnsafeMutablePointer<AVFilterInOut>?
    defer {
      avfilter_inout_free(&outputs)
      avfilter_inout_free(&inputs)
    }
    for (index, source) in sources.enumerated().reversed() {
      let end = try allocated(avfilter_inout_alloc(), "a filter connection")
      end.pointee.name = av_strdup("in\(index)")
      end.pointee.filter_ctx = source
      end.pointee.pad_idx = 0
      end.pointee.next = outputs
      outputs = end
    }
    let end = try allocated(avfilter_inout_alloc(), "a filter connection")
    end.pointee.name = av_strdup("out")
    end.pointee.filter_ctx = sink
    end.pointee.pad_idx = 0
    inputs = end
    let labelled = sources.count == 1 && !description.contains("[in0]") ? "[in0]\(description)" : description
    let whole = labelled.contains("[out]") ? labelled : "\(labelled)[out]"
    try check(
      avfilter_graph_parse_ptr(graph, whole, &inputs, &outputs, graph), "reading the filters \(description)", log: log)
  }
}
