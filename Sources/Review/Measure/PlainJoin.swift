import Foundation
import Libav
import Probing
import Stitching
import Timing

/// What a plain concatenation of the same files shows and plays at a join.
struct PlainJoin {
  /// One file at the join, with what the stitch did to it.
  struct Side {
    /// A still of one of its frames that the page has already.
    struct Anchor {
      let frame: Int
      let still: String
    }

    let path: String
    let report: StitchReport.Shot
    /// Position in the master of its first kept frame.
    let start: Int
    /// Nil where there is none.
    let anchor: Anchor?
    /// Whether the master shows its frames as they are.
    let isUnchanged: Bool
  }

  let index: Int
  let before: Side
  let after: Side
  let timeline: MasterTimeline
  let text: PageText

  /// The stills around it, those that the master does not have drawn from the files.
  /// - Parameters:
  ///   - master: frames of the master with a still.
  ///   - longerSide: pixels of a still.
  func report(
    masterStills: Range<Int>, longerSide: Int, sampleRate: Int?, masterClick: Double?, assets: PageAssets
  ) throws -> ReviewReport.Plain {
    let count = before.report.framesIn
    let tail = Array(max(0, count - StillPlan.reach)..<count)
    let head = Array(0..<min(StillPlan.reach, after.report.framesIn))
    var names: [String?] = []
    for frame in tail { names.append(shared(frame, before, masterStills)) }
    let at = names.count
    for frame in head { names.append(shared(frame, after, masterStills)) }
    let missing = tail.indices.filter { names[$0] == nil }.map { tail[$0] }
    let missingAfter = head.indices.filter { names[at + $0] == nil }.map { head[$0] }
    let drawn = try draw(missing, of: before, "before", longerSide, assets)
    let drawnAfter = try draw(missingAfter, of: after, "after", longerSide, assets)
    let own = tail.map { drawn[$0] } + head.map { drawnAfter[$0] }
    let stills = names.indices.compactMap { names[$0] ?? own[$0] }
    let excerpt = try sampleRate.flatMap { try self.excerpt(sampleRate: $0) }
    let isDrawnFromFiles = !drawn.isEmpty || !drawnAfter.isEmpty
    return ReviewReport.Plain(
      repeated: max(0, before.report.framesIn - before.report.keptTo), stills: stills, at: min(at, stills.count),
      note: text[isDrawnFromFiles ? "plain.drawn" : "plain.same"],
      audio: try excerpt.map { try ExcerptWriter.add($0, "plain\(index)", to: assets) }, click: excerpt?.click,
      masterClick: masterClick)
  }

  /// The master's still of a file's frame; nil when the master does not have the frame as it is.
  private func shared(_ frame: Int, _ side: Side, _ stills: Range<Int>) -> String? {
    guard side.isUnchanged, frame >= side.report.keptFrom, frame < side.report.keptTo else { return nil }
    let position = side.start + frame - side.report.keptFrom
    return stills.contains(position) ? StillPlan.name(position) : nil
  }

  private func draw(
    _ frames: [Int], of side: Side, _ name: String, _ longerSide: Int, _ assets: PageAssets
  ) throws -> [Int: String] {
    guard !frames.isEmpty else { return [:] }
    // An anchor is the frame itself: no clip need be decoded to its end for it.
    if let anchor = side.anchor, frames == [anchor.frame] { return [anchor.frame: anchor.still] }
    let images = try ClipStill.frames(frames, of: side.path, longerSide: longerSide)
    var names: [Int: String] = [:]
    for (frame, bytes) in images {
      names[frame] = try assets.add("stills/plain\(index)-\(name)\(frame).jpg", "image/jpeg", bytes)
    }
    return names
  }

  /// The end of one file's audio and the start of the next's, as they come.
  private func excerpt(sampleRate: Int) throws -> AudioExcerpt? {
    let reach = Int(AudioSurvey.reach * Double(sampleRate))
    var excerpt = AudioExcerpt(sampleRate: sampleRate, before: reach, count: 2 * reach, channels: 2)
    let first = try MediaIndex(path: before.path, glancing: true)
    let second = try MediaIndex(path: after.path, glancing: true)
    guard first.audio != nil || second.audio != nil else { return nil }
    let start = first.video?.start ?? .zero
    let ends = [first.video?.end, first.audio?.end].compactMap(\.self).map { $0 - start }
    guard let end = (((ends.max() ?? .zero) * Int64(sampleRate)).rounded).map({ Int($0) }) else { return nil }
    // What cannot be decoded would shift the rest.
    guard try Self.take(&excerpt, first, from: 0, origin: end - reach, sampleRate: sampleRate, limit: nil) else {
      return nil
    }
    let isWhole = try Self.take(
      &excerpt, second, from: end, origin: end - reach, sampleRate: sampleRate,
      limit: (second.audio?.start ?? .zero) + Rational(1))
    return isWhole ? excerpt : nil
  }

  /// - Returns: false when some of the audio cannot be decoded or read.
  private static func take(
    _ excerpt: inout AudioExcerpt, _ index: MediaIndex, from offset: Int, origin: Int, sampleRate: Int,
    limit: Rational?
  ) throws -> Bool {
    guard let stream = index.audio?.stream else { return true }
    let start = index.video?.start ?? .zero
    var position: Int?
    let fault = try AudioDecoding.run(
      path: index.container.path, stream: stream, target: AudioFormat(sampleRate: sampleRate, layout: .stereo),
      limit: limit
    ) { frame in
      if position == nil, let pts = frame.pts {
        position = ((stream.timeBase.seconds(pts) - start) * Int64(sampleRate)).rounded.map { Int($0) }
      }
      let count = frame.sampleCount
      let planes = (0..<frame.channelCount).map { channel in
        frame.withSamples(channel) { samples in (0..<count).map { samples[$0] } }
      }
      excerpt.take(planes, from: offset + (position ?? 0), origin: origin)
      position = (position ?? 0) + count
    }
    return fault == nil
  }
}

/// Excerpts of audio as a page has them.
enum ExcerptWriter {
  /// Seconds on either side that are drawn.
  private static let reach = 0.25
  /// Parts of a drawn waveform.
  private static let parts = 240
  /// Bytes of audio that a page in one file may hold for each join.
  private static let mostInlinedBytes = 100_000

  static func add(_ excerpt: AudioExcerpt, _ name: String, to assets: PageAssets) throws -> ReviewReport.Excerpt {
    let (low, high) = excerpt.envelope(reach: reach, parts: parts)
    let wave = excerpt.wave
    let file: String? =
      assets.isInlining && wave.count > mostInlinedBytes
      ? nil : try assets.add("audio/\(name).wav", "audio/wav", wave)
    return ReviewReport.Excerpt(
      file: file, before: Double(excerpt.before) / Double(excerpt.sampleRate), low: low, high: high)
  }
}
