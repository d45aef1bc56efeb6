import Libav
import Probing
import Timing

/// Finds a frame with the container's own table of packets, reading only those around it.
struct TableFinder {
  let path: String
  let ignoringEdits: Bool

  /// Nil when the table is not enough, or anything goes wrong on the way.
  /// - Throws: ``LibavError`` when the file cannot be opened, holds no video, or a timecode is wrong.
  func find(_ asked: FrameRequest) throws(LibavError) -> ExactFrame? {
    let demuxer = try Demuxer(path: path, ignoringEdits: ignoringEdits, glancing: true)
    guard let stream = demuxer.mainVideo else {
      throw LibavError(.noSuchStream, "holds no video, so there is no frame to take", file: path)
    }
    guard let table = FrameTable(demuxer, stream: stream) else { return nil }
    let request = try asked.resolved(container: demuxer.container, stream: stream, frameCount: table.shownCount)
    let start = demuxer.container.startTime ?? .zero
    demuxer.select([stream.index])
    guard let (run, place, note) = try? locate(request, table, demuxer, start: start) else { return nil }
    guard
      var walker = try? FrameWalker(demuxer, video: run.index, wanted: [place], ignoringEdits: ignoringEdits)
    else { return nil }
    let frame = try Frame()
    guard (try? walker.next(into: frame)) == place else { return nil }
    return ExactFrame(
      frame: try frame.share(),
      facts: ExactFrame.Facts(frame, of: stream, path: path, index: run.firstPosition + place, note: note))
  }

  /// The run of packets with the frame, and the frame's position in it.
  private func locate(
    _ request: FrameRequest, _ table: FrameTable, _ demuxer: borrowing Demuxer, start: Rational
  ) throws(LibavError) -> (FrameTable.Run, Int, String?)? {
    switch request {
    case .first: return try position(0, table, demuxer)
    case .last: return try position(table.shownCount - 1, table, demuxer)
    case .index(let index): return try position(index, table, demuxer)
    case .time(let time):
      let absolute = time + start
      guard let ticks = (absolute / table.stream.timeBase.rational).floor,
        let run = try table.run(at: ticks, demuxer)
      else { return nil }
      let place = run.times.lastIndex { $0 <= ticks } ?? 0
      guard run.isLast, place == run.times.count - 1 else { return (run, place, nil) }
      guard run.lastDuration > 0 else { return nil }
      let isAfterEnd = ticks >= run.times[place] + run.lastDuration
      return (run, place, isAfterEnd ? FrameFinder.afterTheEnd : nil)
    case .timecode: return nil
    }
  }

  private func position(
    _ position: Int, _ table: FrameTable, _ demuxer: borrowing Demuxer
  ) throws(LibavError) -> (FrameTable.Run, Int, String?)? {
    guard let run = try table.run(holding: position, demuxer) else { return nil }
    return (run, position - run.firstPosition, nil)
  }
}
