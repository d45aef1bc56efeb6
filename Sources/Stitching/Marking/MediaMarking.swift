import Files
package import Foundation
import Libav
package import Probing

/// The marks of a written file: entries of the container's metadata, and an XMP packet.
package struct MediaMarking: Sendable {
  /// The ingredients as JSON, in the container's metadata.
  private static let ingredientsKey = "longtake.ingredients"

  /// Sources that say how they were made, each once.
  package let ingredients: [Ingredient]
  package let packet: XMPPacket
  /// For the container's metadata.
  package let entries: [String: String]

  /// - Parameters:
  ///   - sources: marks of the files that this one is made of, with their names.
  ///   - carried: ingredients of those files.
  ///   - metadata: of the file to be written.
  package init(
    _ sources: [(file: String, marking: Marking)], carried: [Ingredient], options: MarkingOptions,
    metadata: [String: String], creationTime: Date?
  ) {
    let own = sources.map { Ingredient(file: $0.file, $0.marking) }.filter(\.isMarked)
    var ingredients: [Ingredient] = []
    for item in carried + own where !ingredients.contains(item) { ingredients.append(item) }
    self.ingredients = ingredients
    var labels: [String] = []
    for text in [options.aigc?.json].compactMap(\.self) + sources.compactMap(\.marking.aigcText)
    where !labels.contains(text) { labels.append(text) }
    var packet = XMPPacket()
    packet.sourceType =
      switch options.sourceType {
      case .omitted: nil
      case .term(let term): term
      case .automatic:
        DigitalSourceType.combined(sources.map { $0.marking.declaredSourceType ?? .trainedAlgorithmicMedia })
      }
    packet.creatorTool = options.tool
    packet.createDate = creationTime?.formatted(.iso8601)
    packet.title = metadata["title"]
    var systems: [String] = []
    for name in [metadata[Marking.modelKey]].compactMap(\.self) + sources.compactMap(\.marking.systems)
    where !systems.contains(name) { systems.append(name) }
    packet.systems = systems.isEmpty ? nil : systems.joined(separator: ", ")
    packet.promptInformation = metadata[Marking.digestKey].map { "SHA-256 of model and prompts: \($0)" }
    packet.aigc = labels.first
    packet.ingredients = ingredients.map { ($0.file, $0.c2pa?.instanceID) }
    self.packet = packet
    var entries: [String: String] = [:]
    for (number, label) in labels.enumerated() {
      entries[number == 0 ? AIGCLabel.key : "longtake.aigc.\(number + 1)"] = label
    }
    if !ingredients.isEmpty, let json = try? JSONOutput.data(ingredients) {
      entries[Self.ingredientsKey] = String(decoding: json, as: UTF8.self)
    }
    self.entries = entries
  }

  /// The ingredients in a file's metadata.
  package static func ingredients(in metadata: [String: String]) -> [Ingredient] {
    metadata[ingredientsKey].flatMap { try? JSONDecoder().decode([Ingredient].self, from: Data($0.utf8)) } ?? []
  }

  /// Of a master made of these shots.
  init(_ plan: StitchPlan, options: StitchOptions) {
    var clips: [String: SourceClip] = [:]
    let order = plan.shots.map(\.clip).filter { clips.updateValue($0, forKey: $0.path) == nil }
    self.init(
      order.map { clip in
        (URL(fileURLWithPath: clip.path).lastPathComponent, Marking(path: clip.path, clip.index.container))
      }, carried: order.flatMap { Self.ingredients(in: $0.index.container.metadata) }, options: options.marking,
      metadata: options.metadata, creationTime: options.creationTime)
  }
}
