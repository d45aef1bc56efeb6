import AsyncHTTPClient
import Foundation
import NIOCore
import Presets

/// Reads the answer of a blocking generation as it streams in: addresses are kept, clips inside it go to files.
enum SyncAnswer {
  /// - Parameters:
  ///   - directory: where clips are written, as `clip-<unique>.part`.
  ///   - patience: how long the answer may take to begin; some servers send its head at once.
  ///   - stall: how long it may pause once it has begun.
  /// - Throws: ``GenerationError`` `malformedAnswer` or `localFile`; whatever broke the stream.
  static func read(
    _ response: HTTPClientResponse, into directory: String, patience: Duration, stall: Duration, largest: Int64
  ) async throws -> [GenerationResult] {
    try await withStallLimit(stall) { heart in
      var clips = EmbeddedClips()
      var files: [PartFile] = []
      heart.beat(extra: patience)
      do {
        for try await chunk in response.body {
          heart.beat(extra: clips.hasBegun ? .zero : patience)
          for block in try clips.feed(chunk.readableBytesView) {
            if block.clip == files.count {
              files.append(try PartFile(path: "\(directory)/clip-\(UUID().uuidString.lowercased())"))
            }
            try await files[block.clip].write(block.bytes)
            guard await files[block.clip].bytes <= largest else {
              throw GenerationError(.malformedAnswer, "The clip inside the answer is larger than \(largest) bytes.")
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
      throw GenerationError(.malformedAnswer, "The answer names no video.")
    }
    var results: [GenerationResult] = []
    for video in videos {
      if let index = video["b64_json"]?.integerValue, files.indices.contains(Int(index)) {
        let file = try await files[Int(index)].seal()
        guard file.bytes > 0 else { throw GenerationError(.malformedAnswer, "The clip inside the answer is empty.") }
        results.append(.file(path: file.path, jobID: nil))
      } else if let url = video["url"]?.stringValue, !url.isEmpty {
        results.append(.address(url: url, jobID: nil))
      } else {
        throw GenerationError(.malformedAnswer, "A video of the answer has neither url nor b64_json.")
      }
    }
    return results
  }
}
