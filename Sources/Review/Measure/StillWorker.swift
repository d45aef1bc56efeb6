import Color
import Libav
import Probing
import Stills
import Synchronization
import Verification

/// What is made of a frame.
enum StillJob: Sendable {
  /// A JPEG of this width in display orientation.
  case still(name: String, width: Int)
  /// A small copy for the sprite.
  case thumbnail(width: Int)
  /// A lossless square at 100 %, by its place in the frame as coded.
  case crop(name: String, left: Int, top: Int, size: Int)
}

/// Makes stills of full frames on the analysis thread, so that decoding continues meanwhile.
///
/// `@unchecked Sendable`: results are guarded by `state`; the scalers are used by the analysis thread alone.
final class StillWorker: FrameAnalyser, @unchecked Sendable {
  /// JPEG quality of stills, 1–100.
  static let quality = 88

  struct Result: Sendable {
    var files: [(name: String, mediaType: String, bytes: [UInt8])] = []
    var thumbnails: [(frame: Int, image: SmallFrame)] = []
    var failure: LibavError?
  }

  private struct State {
    var waiting: [(frame: Int, jobs: [StillJob])] = []
    var result = Result()
  }

  private let state = Mutex(State())
  private let thread = AnalysisThread()
  private let stream: StreamInfo
  private var makers: [Int: SmallFrameMaker] = [:]
  private let cropper = FrameFilter(threads: 1)

  var wantsOnlyKeyframes: Bool { false }

  init(_ stream: StreamInfo) { self.stream = stream }

  /// Queues the jobs of a frame; blocks while others wait.
  func run(_ jobs: [StillJob], on frame: borrowing Frame, index: Int) throws(LibavError) {
    guard !jobs.isEmpty else { return }
    state.withLock { $0.waiting.append((index, jobs)) }
    try thread.add(
      frame, FrameOrigin(time: nil, isKey: frame.isKey, codedBytes: nil, codecName: stream.codecName), to: [self])
  }

  /// What was made since the last call.
  func take() -> Result {
    state.withLock { state in
      defer { state.result = Result() }
      return state.result
    }
  }

  /// Waits for all jobs.
  func finish(discarding: Bool = false) { thread.finish(discarding: discarding) }

  func add(_ frame: borrowing Frame, _ origin: FrameOrigin) {
    let next = state.withLock { $0.waiting.removeFirst() }
    for job in next.jobs {
      do throws(LibavError) {
        switch job {
        case .still(let name, let width):
          let still = try shrunk(frame, width).encoded(as: .jpeg, quality: Self.quality)
          state.withLock { $0.result.files.append((name, still.mediaType, still.bytes)) }
        case .thumbnail(let width):
          let image = try shrunk(frame, width)
          state.withLock { $0.result.thumbnails.append((next.frame, image)) }
        case .crop(let name, let left, let top, let size):
          let part = try cropper.run(["crop=\(size):\(size):\(left):\(top):exact=0"], on: frame)
          part.color = frame.color
          let still = try SmallFrameMaker(of: stream, width: part.width).shrink(part).encoded(as: .png, quality: 100)
          state.withLock { $0.result.files.append((name, still.mediaType, still.bytes)) }
        }
      } catch {
        state.withLock { $0.result.failure = error }
      }
    }
  }

  private func shrunk(_ frame: borrowing Frame, _ width: Int) throws(LibavError) -> SmallFrame {
    let maker = makers[width] ?? SmallFrameMaker(of: stream, width: width)
    makers[width] = maker
    return try maker.shrink(frame)
  }
}
