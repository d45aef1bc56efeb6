import Foundation
import Presets

/// The result of a generation.
struct ClipOutcome: Sendable {
  /// How the clip deviates from the request, for `sandbox_note`; nil if it does not.
  let note: String?
}

/// Makes a request's clip: reads the parameters, loads the images, renders.
struct ClipMaker: Sendable {
  let catalogue: ModelCatalogue
  let repositories: RepositoryStore
  /// Divides both sides of a clip; 1 except in tests.
  let sizeDivisor: Int
  /// Folder for images while they are read.
  let scratch: String

  /// Blocks until the clip is complete.
  /// - Parameter take: which of several generations of the same request this is, from 0.
  /// - Throws: ``ModelRefusal``, `LibavError`, `CancellationError`.
  func make(
    model id: String, parameters: [String: JSONValue], take: Int, to path: String, stop: CancellationFlag
  ) throws -> ClipOutcome {
    guard let model = catalogue[id] else { throw ModelRefusal(description: "Model not found: \(id)") }
    let order = try ClipRequest(parameters, for: model)
    let folder = "\(scratch)/\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var notes: [String] = []
    var identities: [String] = []
    let start = try image(
      order.startImage, name: model.names.startImage, folder: folder, &notes, &identities)
    let end = try image(order.endImage, name: model.names.endImage, folder: folder, &notes, &identities)
    for (index, address) in order.references.enumerated() {
      let name = "reference \(index + 1)"
      _ = try image(address, name: name, folder: folder, &notes, &identities)
    }
    let whole =
      start.flatMap { model.followsStartImage ? order.size.reshaped(width: $0.width, height: $0.height) : nil }
      ?? order.size
    let size = whole.divided(by: sizeDivisor)
    let seed = Seed(
      [id, size.description, order.variant, String(take)] + identities
        + order.scenes.flatMap { [$0.prompt, String($0.seconds)] })
    let clip = Clip(
      order: order, size: size, seed: seed, start: try start?.frame(size), end: try end?.frame(size))
    try ClipRenderer().render(clip, to: path, stop: stop)
    return ClipOutcome(note: notes.isEmpty ? nil : notes.joined(separator: " "))
  }

  private func image(
    _ address: String?, name: String?, folder: String, _ notes: inout [String], _ identities: inout [String]
  ) throws -> StillImage? {
    guard let address, let name else { return nil }
    let source = try ImageSource.find(address, in: repositories)
    identities.append(source.identity)
    switch source {
    case .bytes(let data): return try StillImage(data, name: name, folder: folder)
    case .remote(let address):
      notes.append(
        "The sandbox sends no requests: a scene made from the address replaces \(address) (\(name))."
      )
      return nil
    }
  }
}
