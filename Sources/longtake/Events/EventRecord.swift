import Files
import Foundation

/// One line of `--events`: what has just happened, `longtake.event/1`.
struct EventRecord: Encodable, Sendable {
  enum Kind: String, Encodable, Sendable {
    /// The command has begun.
    case began
    /// A shot has reached another step.
    case shot
    /// Work on frames or bytes goes on.
    case progress
    case note, warning, error
    /// A file has its final name.
    case written
    /// The command has ended, with its exit status.
    case ended
  }

  let schema = "longtake.event/1"
  /// From 1, without gaps.
  var sequence = 0
  /// Unix seconds.
  var time = 0.0
  var command = ""
  let event: Kind
  @Nullable var shot: String?
  @Nullable var take: Int?
  /// A fixed word for the step: `submitted`, `downloading`, `writing` …
  @Nullable var step: String?
  let message: String
  @Nullable var file: String?
  /// So far, in `unit`.
  @Nullable var done: Int64?
  @Nullable var total: Int64?
  /// `frames`, `bytes` …
  @Nullable var unit: String?
  @Nullable var exitStatus: Int32?

  private enum CodingKeys: String, CodingKey {
    case schema, sequence, time, command, event, shot, take, step, message, file, done, total, unit
    case exitStatus = "exit_status"
  }

  init(
    _ event: Kind, _ message: String, shot: String? = nil, take: Int? = nil, step: String? = nil, file: String? = nil,
    done: Int64? = nil, total: Int64? = nil, unit: String? = nil, exitStatus: Int32? = nil
  ) {
    self.event = event
    self.message = message
    self.shot = shot
    self.take = take
    self.step = step
    self.file = file
    self.done = done
    self.total = total
    self.unit = unit
    self.exitStatus = exitStatus
  }
}
