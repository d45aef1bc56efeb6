import Foundation
import HTTPTypes
import Presets

/// Reads the response of a blocking generation as it streams in: addresses are kept, clips inside it go to files.
enum SyncResponse {
  /// - Parameters:
  ///   - directory: where clips are written, as `clip-<unique>.part`.
  ///   - settings: the body may take `syncTimeout` to begin (some servers send the head at once) and stall
  ///     `transferStall` after that.
  /// - Throws: ``GenerationError`` `malformedAnswer` or `localFile`; whatever broke the stream.
  static func read(
    _ response: StreamedResponse, into directory: String, _ settings: ClientSettings
  ) async throws -> [GenerationResult] {
    let elapsed = settings.clock.stopwatch()
    return try await withStallLimit(settings.transferStall, on: settings.clock) { heartbeat in
      var clips = EmbeddedClips()
      var files: [PartFile] = []
      heartbeat.beat(extra: settings.syncTimeout)
      do {
        for try await chunk in response.body {
          heartbeat.beat(extra: clips.hasBegun ? .zero : max(.zero, settings.syncTimeout - elapsed()))
          // White space that keeps the connection open is no answer.
          guard clips.hasBegun || elapsed() <= settings.syncTimeout else { throw Endless(limit: settings.syncTimeout) }
          for block in try clips.feed(chunk) {
            if block.clip == files.count {
              files.append(try PartFile(path: "\(directory)/clip-\(UUID().uuidString.lowercased())"))
            }
            try await files[block.clip].write(block.bytes)
            guard await files[block.clip].bytes <= settings.largestClip else {
              throw GenerationError(
                .malformedAnswer, "The clip inside the response is larger than \(settings.largestClip) bytes.")
            }
          }
        }
        try Task.checkCancellation()
        return try await results(Data(clips.skeleton), files, isComplete: clips.isComplete)
      } catch {
        for file in files { await file.discard() }
        throw error
      }
    }
  }

  private static func results(_ skeleton: Data, _ files: [PartFile], isComplete: Bool) async throws
    -> [GenerationResult]
  {
    let json = isComplete ? JSONText.decode(skeleton) : nil
    guard let videos = json?["videos"]?.arrayValue ?? json?.arrayValue, !videos.isEmpty else {
      throw GenerationError(.malformedAnswer, "The response names no video.")
    }
    var results: [GenerationResult] = []
    for video in videos {
      if let index = video["b64_json"]?.integerValue, files.indices.contains(Int(index)) {
        let file = try await files[Int(index)].seal()
        guard file.bytes > 0 else { throw GenerationError(.malformedAnswer, "The clip inside the response is empty.") }
        results.append(.file(path: file.path, jobID: nil))
      } else if let url = video["url"]?.stringValue, !url.isEmpty {
        results.append(.address(url: url, jobID: nil))
      } else {
        throw GenerationError(.malformedAnswer, "A video of the response has neither url nor b64_json.")
      }
    }
    return results
  }
}
