import ArgumentParser
import Files
import Foundation
import Generation
import Pipeline
import Presets
import Settings
import Store
import Synchronization

struct StageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stage",
    abstract: "Do one stage of a storyboard's run, for a workflow engine: a job on stdin, JSON lines on stdout.",
    discussion: """
      The job (longtake.stage-job/1) names the store and the run; everything else is in the store, where 'longtake submit' put \
      it. A stage may run twice, or on two machines at once: the outcome is the same. The last line of stdout is \
      {"result": …}; each line before it is an event, or a heartbeat, which comes every second. Exit status 75 asks to \
      be run again after result.retry_after seconds.

      \(RunArguments.environmentHelp) For s3: stores: \(StoreOptions.variables).
      """)

  @Argument(help: "plan, submit, poll, collect, stitch, review or deliver.")
  var stage: StageJob.Stage

  @Option(
    help: ArgumentHelp(
      "How long only this stage may work on the request that it sends, e.g. 5m.", valueName: "duration"))
  var lease = DurationArgument(seconds: Int(StageRun.defaultLease.components.seconds))

  @Option(
    name: .customLong("lost-answer-wait"),
    help: ArgumentHelp(
      "How long to look for a request whose answer was lost, e.g. 3m, at most 24h.", valueName: "duration"))
  var lostAnswerWait = DurationArgument(seconds: Int(RunOptions.defaultLostAnswerWait.components.seconds))

  @Option(
    help: ArgumentHelp("Folder for the stage's own files (default: TMPDIR).", valueName: "dir"),
    completion: .directory)
  var scratch: String?

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard lease.hasUnit, lease.duration >= .seconds(2), lease.duration <= .seconds(24 * 3600) else {
      throw ValidationError("--lease takes a duration with a unit, from 2s to 24h.")
    }
    guard lostAnswerWait.hasUnit, lostAnswerWait.duration <= .seconds(24 * 3600) else {
      throw ValidationError("--lost-answer-wait takes a duration with a unit, e.g. 90s or 3m, at most 24h.")
    }
  }

  func run() async throws {
    common.apply()
    let lines = StageLines()
    lines.startHeart()
    do {
      let result = try await result(lines)
      let status: ExitStatus = result.error == nil ? .done : .no
      lines.end(status, try JSONValue(encoding: result), error: result.error)
      if status != .done { throw status }
    } catch let error as NotYet {
      Terminal.note("not yet: \(error)")
      lines.end(.interrupted, nil, error: "\(error)", retryAfter: error.retryAfter)
      throw ExitStatus.interrupted
    } catch let status as ExitStatus {
      throw status
    } catch is CancellationError {
      Terminal.note("stopped")
      lines.end(Interruption.status, nil, error: "the stage was stopped; run it again", retryAfter: Self.lockedPause)
      throw Interruption.status
    } catch {
      let status = Failure.report(error)
      // Another stage is at work, or was stopped in the middle: the next one looks again.
      let retryAfter: Duration? = status == .interrupted ? Self.lockedPause : nil
      lines.end(status, nil, error: String(describing: error), retryAfter: retryAfter)
      throw status
    }
  }

  private static let lockedPause: Duration = .seconds(2)

  private func result(_ lines: StageLines) async throws -> StageResult {
    let job = try Self.job()
    let configuration = try presets.configuration()
    var options = StageRun.Options()
    options.provider = configuration.providerOptions(baseURL: nil)
    options.lease = lease.duration
    options.lostAnswerWait = lostAnswerWait.duration
    if let scratch { options.scratch = scratch }
    options.version = Longtake.version
    options.signCommand = SignVariable.command()
    options.failpoint = try TestFailpoint.hook()
    let store = try Self.open(job.store, configuration.environment)
    defer { store.close() }
    let progress = RunProgress()
    let run = StageRun(
      job, store: store, options: options, library: try presets.library(configuration)
    ) { event in
      progress.show(event)
      lines.write(event)
    }
    return try await run.run(stage)
  }

  /// A shared folder that is away may come back: that is for the engine to try again.
  private static func open(_ address: String, _ environment: [String: String]) throws -> any ObjectStore {
    do {
      return try ObjectStores.open(address, environment: environment)
    } catch let error as StoreError where error.code == .notFound {
      throw StoreError(.unavailable, error.message)
    }
  }

  /// Bytes of a job.
  private static let largestJob = 1 << 20

  private static func job() throws -> StageJob {
    let data = try FileHandle.standardInput.read(upToCount: largestJob + 1) ?? Data()
    guard data.count <= largestJob else {
      throw UsageError("the job on stdin is larger than 1 MiB", status: .badInput)
    }
    do {
      return try JSONDecoder().decode(StageJob.self, from: data)
    } catch let error as DecodingError {
      throw UsageError("the job on stdin cannot be read: \(JobFault.text(error))", status: .badInput)
    }
  }
}

/// What is wrong with a job, with its field.
private enum JobFault {
  static func text(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, _): "'\(key.stringValue)' is missing"
    case .typeMismatch(_, let context) where context.codingPath.isEmpty: "it is not a JSON object"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "'\(context.codingPath.map(\.stringValue).joined(separator: "."))' has the wrong type"
    case .dataCorrupted: "it is not a JSON object"
    @unknown default: "\(error)"
    }
  }
}

/// The lines of a stage on stdout.
final class StageLines: Sendable {
  private struct Heartbeat: Encodable { let heartbeat: Double }

  private struct State {
    var hasEnded = false
    var sequence = 0
    var lastProgress = 0.0
  }

  private static let pace = 1.0
  private static let command = "stage"
  /// Seconds between two reports of frames or bytes.
  private static let progressPace = 0.5
  private let state = Mutex(State())

  /// Beats from a thread of its own, also while all others wait.
  func startHeart() {
    let thread = Thread { [self] in
      while !state.withLock({ $0.hasEnded }) {
        state.withLock { if !$0.hasEnded { try? Answer.json(Heartbeat(heartbeat: Self.now)) } }
        Thread.sleep(forTimeInterval: Self.pace)
      }
    }
    thread.name = "heartbeat"
    thread.start()
  }

  private static var now: Double { Date().timeIntervalSince1970 }

  func write(_ event: PipelineEvent) {
    guard var record = EventRecord(event) else { return }
    state.withLock { state in
      let now = Self.now
      if record.event == .progress {
        guard now - state.lastProgress >= Self.progressPace else { return }
        state.lastProgress = now
      }
      guard !state.hasEnded else { return }
      state.sequence += 1
      (record.sequence, record.time, record.command) = (state.sequence, now, Self.command)
      try? Answer.json(record)
    }
  }

  /// Writes the last line.
  func end(_ status: ExitStatus, _ result: JSONValue?, error: String?, retryAfter: Duration? = nil) {
    var fields = result?.objectValue ?? [:]
    fields["status"] = .integer(Int64(status.code))
    fields["error"] = error.map(JSONValue.string) ?? .null
    fields["retry_after"] = retryAfter.map { .number(max(0, $0.inSeconds)) } ?? .null
    let text = JSONValue.object(["result": .object(fields)]).canonicalJSON
    state.withLock { state in
      guard !state.hasEnded else { return }
      state.hasEnded = true
      Answer.json(text: text)
    }
  }
}
