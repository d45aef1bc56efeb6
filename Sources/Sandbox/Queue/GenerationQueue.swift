import Files
import Foundation
import Libav
import Logging
import Presets

/// Queues requests, renders them in order, records their results and wakes those who wait.
///
/// Every generation is a file in the directory, rewritten at every change, beside its clip: another queue on the same
/// directory serves the finished generations and renders the unfinished ones again.
actor GenerationQueue {
  private let directory: String
  private let maker: ClipMaker
  private let catalogue: ModelCatalogue
  private let settings: SandboxServer.Configuration
  private let finished: @Sendable (GenerationRecord) async -> Void
  private var records: [String: GenerationRecord] = [:]
  /// Ids in order of submission.
  private var order: [String] = []
  private var waiting: [String] = []
  private var running: [String: (sign: CancellationFlag, task: Task<Void, Never>)] = [:]
  private var listeners: [String: [CheckedContinuation<Void, Never>]] = [:]
  private var isClosed = false
  /// Why the directory could not be written, if a clip failed so.
  private(set) var storageFailure: String?

  private let workers = DispatchQueue(label: "longtake.sandbox.render", attributes: .concurrent)

  init(
    directory: String, maker: ClipMaker, settings: SandboxServer.Configuration,
    finished: @escaping @Sendable (GenerationRecord) async -> Void
  ) {
    self.directory = directory
    self.maker = maker
    self.settings = settings
    self.finished = finished
    catalogue = maker.catalogue
  }

  private var folder: String { "\(directory)/generations" }

  /// Path of a succeeded generation's clip.
  nonisolated func clipPath(_ id: String) -> String { "\(directory)/clips/\(id).mp4" }

  /// Reads the generations of an earlier queue and resumes the unfinished ones.
  func restore() throws {
    let files = FileManager.default
    for name in ["generations", "clips"] {
      try files.createDirectory(atPath: "\(directory)/\(name)", withIntermediateDirectories: true)
      for rest in try files.contentsOfDirectory(atPath: "\(directory)/\(name)") where rest.hasSuffix(".part") {
        try files.removeItem(atPath: "\(directory)/\(name)/\(rest)")
      }
    }
    let scratch = maker.scratch
    if files.fileExists(atPath: scratch) { try files.removeItem(atPath: scratch) }
    var found: [GenerationRecord] = []
    for name in try files.contentsOfDirectory(atPath: folder) where name.hasSuffix(".json") {
      guard let data = files.contents(atPath: "\(folder)/\(name)"),
        let record = try? JSONDecoder().decode(GenerationRecord.self, from: data)
      else {
        settings.log.warning("the generation in \(name) cannot be read and is ignored")
        continue
      }
      found.append(record)
    }
    for var record in found.sorted(by: { ($0.enqueuedAt, $0.take, $0.id) < ($1.enqueuedAt, $1.take, $1.id) }) {
      let lostClip = record.status == .succeeded && !files.fileExists(atPath: clipPath(record.id))
      if !record.status.isFinal || lostClip {
        record.status = .queued
        record.startedAt = nil
        record.completedAt = nil
        waiting.append(record.id)
        try save(record)
      }
      records[record.id] = record
      order.append(record.id)
    }
    startNext()
  }

  /// Queues one generation for each take of a request.
  /// - Parameter isForFal: whether the model is an endpoint of fal or a model of the hub.
  /// - Throws: ``APIFailure`` for what the hub checks at once.
  func enqueue(_ body: JSONValue, isForFal: Bool = false) throws -> [GenerationRecord] {
    guard case .object(var parameters) = body, let model = parameters["model"]?.stringValue else {
      throw APIFailure.invalid("model is required")
    }
    guard catalogue[model]?.isOfFal == isForFal else { throw APIFailure.modelNotFound(model) }
    var takes = 1
    if let wished = parameters["num_generations"], wished != .null {
      guard let number = wished.integerValue, (1...4).contains(number) else {
        throw APIFailure.invalid("num_generations must be between 1 and 4")
      }
      takes = Int(number)
    }
    parameters.removeValue(forKey: "model")
    parameters.removeValue(forKey: "num_generations")
    let now = Date().timeIntervalSince1970
    let made = (0..<takes).map { take in
      GenerationRecord(
        id: UUID().uuidString.lowercased(), model: model, parameters: parameters, take: take, status: .queued,
        plannedFailure: FaultPlayer.plannedFailure, enqueuedAt: now)
    }
    for record in made {
      try save(record)
      records[record.id] = record
      order.append(record.id)
      waiting.append(record.id)
    }
    startNext()
    return made
  }

  func record(_ id: String) -> GenerationRecord? { records[id] }

  /// Generations queued before this one.
  func position(of id: String) -> Int { waiting.firstIndex(of: id) ?? 0 }

  /// Those that match, in order of submission.
  func list(_ filter: GenerationFilter) -> [GenerationRecord] {
    order.compactMap { records[$0] }.filter(filter.matches)
  }

  /// Cancels an active generation; a finished one stays as it is.
  func cancel(_ id: String) throws -> GenerationRecord? {
    guard var record = records[id] else { return nil }
    guard !record.status.isFinal else { return record }
    abandon(id)
    waiting.removeAll { $0 == id }
    record.status = .cancelled
    record.completedAt = Date().timeIntervalSince1970
    try save(record)
    records[id] = record
    wake(id)
    return record
  }

  /// Waits until a generation has ended.
  func outcome(of id: String) async -> GenerationRecord? {
    while let record = records[id], !record.status.isFinal, !isClosed {
      await withCheckedContinuation { listeners[id, default: []].append($0) }
    }
    return records[id]
  }

  /// Stops rendering; unfinished generations stay unfinished on disk.
  func close() async {
    isClosed = true
    waiting = []
    for id in running.keys { abandon(id) }
    for id in listeners.keys { wake(id) }
    while !running.isEmpty { try? await Task.sleep(for: .milliseconds(5)) }
  }

  private func startNext() {
    while !isClosed, running.count < settings.concurrentRenders, !waiting.isEmpty {
      let id = waiting.removeFirst()
      let sign = CancellationFlag()
      running[id] = (sign, Task { await self.run(id, sign) })
    }
  }

  /// Stops a waiting or rendering generation.
  private func abandon(_ id: String) {
    running[id]?.sign.stop()
    running[id]?.task.cancel()
  }

  private func run(_ id: String, _ sign: CancellationFlag) async {
    defer {
      running[id] = nil
      startNext()
    }
    try? await Task.sleep(for: settings.latency)
    guard !isClosed, var record = records[id], !record.status.isFinal else { return }
    record.status = .processing
    record.startedAt = Date().timeIntervalSince1970
    keep(record)
    let result = await render(record, sign)
    await settle(record)
    guard !isClosed, records[id]?.status == .processing else { return }
    switch result {
    case .success(let outcome):
      record.status = .succeeded
      record.note = outcome.note
      if let note = outcome.note { settings.log.notice("generation \(id): \(note)") }
    case .failure(let error):
      record.status = .failed
      record.errorMessage = "\(error)"
      if Self.isStorageError(error) {
        storageFailure = "\(error)"
      }
      settings.log.info("generation \(id) failed: \(error)")
    }
    record.completedAt = Date().timeIntervalSince1970
    keep(record)
    wake(id)
    await finished(record)
  }

  /// Whether the disk failed, not the request.
  private static func isStorageError(_ error: any Error) -> Bool {
    switch error {
    case let error as LibavError: [.diskFull, .inputOutput].contains(error.code)
    case let error as FileError: [.diskFull, .inputOutput, .cannotCreate].contains(error.code)
    default: false
    }
  }

  private func render(_ record: GenerationRecord, _ sign: CancellationFlag) async -> Result<ClipOutcome, any Error> {
    if let reason = record.plannedFailure { return .failure(ModelRefusal(description: reason)) }
    let (maker, path) = (maker, clipPath(record.id))
    return await withCheckedContinuation { continuation in
      workers.async {
        continuation.resume(
          returning: Result {
            try maker.make(
              model: record.model, parameters: record.parameters, take: record.take, to: path, stop: sign)
          })
      }
    }
  }

  /// Waits until the generation has taken ``SandboxServer/Configuration/shortestGeneration``.
  private func settle(_ record: GenerationRecord) async {
    let left = settings.shortestGeneration - (Date().timeIntervalSince1970 - record.enqueuedAt)
    if left > 0, !isClosed { try? await Task.sleep(for: .seconds(left)) }
  }

  private func wake(_ id: String) {
    for listener in listeners.removeValue(forKey: id) ?? [] { listener.resume() }
  }

  private func keep(_ record: GenerationRecord) {
    records[record.id] = record
    do { try save(record) } catch { settings.log.error("a generation cannot be saved: \(error)") }
  }

  private func save(_ record: GenerationRecord) throws {
    try OutputFile.replace("\(folder)/\(record.id).json", with: try JSONOutput.data(record))
  }
}
