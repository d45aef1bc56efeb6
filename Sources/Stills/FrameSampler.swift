import Foundation
import Libav
import Probing

/// Decodes chosen frames of a video, in presentation order, and as little else as can be.
///
/// Frames that cannot be decoded are left out. Where the packets' times do not tell frames apart, all are decoded and
/// counted.
struct FrameSampler: ~Copyable {
  private let path: String
  private let stream: StreamInfo
  private let delay: Int
  private let threading: Threading
  private var decoder: RunDecoder
  private var runs: [DecodingRun]
  private var nextRun = 0
  private var hasBegun = false
  /// Positions in presentation order by time; empty when the frames are counted.
  private let positions: [Int64: Int]
  private let counted: Set<Int>
  private var count = 0
  private var lastPosition = -1

  /// - Parameter wanted: positions in presentation order, ascending.
  /// - Throws: ``LibavError`` when the file cannot be opened or decoded.
  init(
    path: String, video: PacketIndex, wanted: [Int], threading: Threading = .automatic
  ) throws(LibavError) {
    let delay = video.decodingDelay
    let threading = Self.bounded(threading, for: video.stream)
    let decoder = try RunDecoder(
      try Demuxer(path: path, glancing: true), stream: video.stream, delay: delay, threading: threading)
    self.path = path
    self.delay = delay
    stream = video.stream
    self.threading = threading
    if video.hasUniquePTS {
      runs = Self.runs(wanted, in: video)
      var positions: [Int64: Int] = [:]
      for position in wanted {
        if let pts = video.entries[video.presentationOrder[position]].pts { positions[pts] = position }
      }
      self.positions = positions
      counted = []
    } else {
      runs = [DecodingRun(seeksTo: nil, wanted: nil, lastWanted: nil)]
      positions = [:]
      counted = Set(wanted)
    }
    self.decoder = decoder
  }

  /// Pixels of all frames that threads may work on together.
  private static let pixelsInWork = 2 * 3840 * 2160
  private static let mostThreads = 8

  /// Each thread over frames holds frames of its own: the larger these are, the fewer threads.
  private static func bounded(_ threading: Threading, for stream: StreamInfo) -> Threading {
    guard threading == .automatic, let video = stream.video else { return threading }
    let fitting = min(max(2, pixelsInWork / max(1, video.width * video.height)), mostThreads)
    return .count(min(fitting, ProcessInfo.processInfo.activeProcessorCount))
  }

  /// Wanted frames that are decoded on the way to one another share a run.
  private static func runs(_ wanted: [Int], in video: PacketIndex) -> [DecodingRun] {
    var groups: [(start: Int, last: Int, times: Set<Int64>)] = []
    for position in wanted {
      let target = video.presentationOrder[position]
      guard let pts = video.entries[target].pts else { continue }
      let start = video.randomAccess(before: target) ?? 0
      if let group = groups.last, start <= group.last {
        groups[groups.count - 1].times.insert(pts)
        groups[groups.count - 1].last = max(group.last, target)
      } else {
        groups.append((start, target, [pts]))
      }
    }
    return groups.map { group in
      DecodingRun(
        seeksTo: group.start > 0 ? video.entries[group.start].pts : nil, decodedAt: video.entries[group.start].dts,
        wanted: group.times,
        lastWanted: video.entries[group.last].pts)
    }
  }

  /// Decodes the next of the chosen frames.
  /// - Returns: its position in presentation order, or nil after the last.
  mutating func next(into frame: borrowing Frame) throws(LibavError) -> Int? {
    while true {
      if !hasBegun {
        guard nextRun < runs.count else { return nil }
        if !decoder.begin(runs[nextRun]) { try startOver() }
        hasBegun = true
      }
      do {
        while try decoder.next(into: frame) {
          if let position = position(of: frame), position > lastPosition {
            lastPosition = position
            return position
          }
        }
      } catch {
        try startOver()
        continue
      }
      nextRun += 1
      hasBegun = false
    }
  }

  private mutating func position(of frame: borrowing Frame) -> Int? {
    guard counted.isEmpty else {
      count += 1
      return counted.contains(count - 1) ? count - 1 : nil
    }
    return frame.pts.flatMap { positions[$0] }
  }

  /// The container does not seek as it should: what is left is decoded in one run from the file's start.
  private mutating func startOver() throws(LibavError) {
    let left = runs[nextRun...]
    decoder = try RunDecoder(
      try Demuxer(path: path, glancing: true), stream: stream, delay: delay, threading: threading)
    let run = DecodingRun(
      seeksTo: nil, wanted: left.reduce(into: Set<Int64>()) { $0.formUnion($1.wanted ?? []) },
      lastWanted: left.last?.lastWanted)
    runs = [run]
    nextRun = 0
    _ = decoder.begin(run)
    hasBegun = true
  }
}
