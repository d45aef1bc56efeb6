import Files
import Foundation
import Stitching
import Synchronization

/// The workspace's `run.log`: one line per event, with its time; never a key or a signed address.
final class RunLog: Sendable {
  private let handle: Mutex<FileHandle>

  /// - Throws: ``PipelineError`` when the file cannot be opened.
  init(path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw PipelineError(.cannotCreate, "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
    handle = Mutex(FileHandle(fileDescriptor: descriptor, closeOnDealloc: true))
  }

  func write(_ event: PipelineEvent) {
    guard let text = Self.text(event) else { return }
    let line = Date().formatted(.iso8601) + " " + Self.singleLine(text) + "\n"
    handle.withLock { try? $0.write(contentsOf: Data(line.utf8)) }
  }

  /// Runs a step of a run, and logs why it stopped.
  func recordingFailure<Value>(
    _ emit: (PipelineEvent) -> Void, _ work: () async throws -> Value
  ) async throws -> Value {
    do {
      return try await work()
    } catch {
      if error is CancellationError {
        emit(.notice("stopped; running again resumes"))
      } else {
        write(.notice("stopped: \(error)"))
      }
      throw error
    }
  }

  /// Nil for events that only move a progress bar.
  private static func text(_ event: PipelineEvent) -> String? {
    switch event {
    case .began(let workspace, let provider, let model, let shots):
      "started in \(workspace): provider \(provider), model \(model), shots \(shots.joined(separator: " "))"
    case .shot(let shot, let take, let step): "\(shot)\(take.map { " take \($0)" } ?? ""): \(step.text)"
    case .downloading, .verifying, .drawingContactSheet, .reviewing, .delivering: nil
    case .reviewWritten(let path): "review page written: \(path)"
    case .delivered(let path, let verdict): "delivery version: \(path), verdict \(verdict)"
    case .deliverablesKept(let count): "\(counted(count, "delivery version")) kept"
    case .stitching(let event): stitchText(event)
    case .masterKept(let path): "master kept: \(path)"
    case .masterWritten(let path, let frames): "master written: \(path), \(frames) frames"
    case .notice(let text): "notice: \(text)"
    case .ended(let isGood): isGood ? "ended: passed" : "ended: failed"
    }
  }

  private static func stitchText(_ event: Stitching.StitchEvent) -> String? {
    if case .analysed(let join, let count, let overlap) = event {
      return "join \(join) of \(count): \(overlap) repeated frames"
    }
    return nil
  }

  private static func singleLine(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
  }
}
