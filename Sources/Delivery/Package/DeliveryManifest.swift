public import Files
import Foundation
import Libav
import Presets
public import Probing
import Stitching
import Timing
import Verification

/// The files of a delivery folder and where they come from: `manifest.json`.
public struct DeliveryManifest: Sendable, Codable {
  public static let schema = "longtake.manifest/1"
  public static let fileName = "manifest.json"

  public struct Master: Sendable, Hashable, Codable {
    /// Name without its folder.
    public let file: String
    public let sha256: String
    public let bytes: Int64
    /// Seconds.
    public let duration: Double
    public let frames: Int
    /// Exact fraction.
    public let frameRate: String
    /// What the master tells of itself: model, digests of prompts, and the like.
    public let provenance: [String: String]
    /// Files that the master was made of and that say how they were made.
    public let ingredients: [Ingredient]

    private enum CodingKeys: String, CodingKey {
      case file, sha256, bytes, duration, frames, provenance, ingredients
      case frameRate = "frame_rate"
    }
  }

  public struct File: Sendable, Hashable, Codable {
    /// Relative to the manifest.
    public let file: String
    public let preset: String
    /// ISO 639-2; null when it is not known.
    @Nullable public internal(set) var language: String?
    /// Name of the voice's file without its folder; null for none.
    @Nullable public internal(set) var voice: String?
    public let sha256: String
    public let bytes: Int64
    /// Seconds.
    public let duration: Double
    public let marking: Deliverable.Marks
    @Nullable public internal(set) var video: Deliverable.Video?
    @Nullable public internal(set) var audio: Deliverable.Audio?
    /// Files relative to the manifest; null in a manifest of an earlier version.
    @Nullable public internal(set) var captions: [Deliverable.Captions]?
    /// `pass` or `warn`.
    public let verdict: String
    public let verifyPreset: String
    public let problems: [Deliverable.Problem]
    /// Every rule of the verify preset; null in a manifest of an earlier version.
    @Nullable public internal(set) var checks: [Deliverable.Check]?
    /// Of the master it was made from.
    public let masterSHA256: String

    private enum CodingKeys: String, CodingKey {
      case file, preset, language, voice, sha256, bytes, duration, marking, video, audio, captions, verdict, problems
      case checks
      case verifyPreset = "verify_preset"
      case masterSHA256 = "master_sha256"
    }
  }

  public let schema: String
  public let tool: String
  /// The newest delivery; ISO 8601.
  @Nullable public internal(set) var created: String?
  public internal(set) var masters: [Master]
  public internal(set) var files: [File]
}

/// Keeps `manifest.json` and `SHA256SUMS` of a delivery folder up to date.
public struct DeliveryPackage {
  /// In the form that `sha256sum -c` reads.
  public static let sumsName = "SHA256SUMS"

  private let deliverer: Deliverer
  private let path: String
  private let sumsPath: String

  /// - Throws: ``DeliveryError`` `badRequest` when the folder has a manifest of something else.
  public init(_ deliverer: Deliverer) throws {
    self.deliverer = deliverer
    path = "\(deliverer.options.folder)/\(DeliveryManifest.fileName)"
    sumsPath = "\(deliverer.options.folder)/\(Self.sumsName)"
    _ = try earlier()
  }

  /// What an earlier delivery left; nil when there is none.
  private func earlier() throws -> DeliveryManifest? {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    if let manifest = try? JSONDecoder().decode(DeliveryManifest.self, from: data),
      manifest.schema == DeliveryManifest.schema
    {
      return manifest
    }
    guard deliverer.options.overwrite else {
      throw DeliveryError(
        .badRequest, "is not a manifest of this program; choose another folder or add --overwrite", file: path)
    }
    return nil
  }

  /// Adds delivered files; entries of files that are gone are removed.
  /// - Returns: what the manifest holds now.
  /// - Throws: `FileError`.
  @discardableResult
  public func add(_ delivered: [Deliverable]) throws -> DeliveryManifest {
    let master = deliverer.master
    var manifest =
      try earlier()
      ?? DeliveryManifest(
        schema: DeliveryManifest.schema, tool: deliverer.options.tool, created: nil, masters: [], files: [])
    manifest.created = deliverer.options.creationTime.map { $0.formatted(.iso8601) }
    for file in delivered where file.isDelivered {
      let entry = DeliveryManifest.File(
        file: URL(fileURLWithPath: file.file).lastPathComponent, preset: file.preset, language: file.language,
        voice: file.voice.map { URL(fileURLWithPath: $0).lastPathComponent }, sha256: file.sha256,
        bytes: file.bytes, duration: file.duration, marking: file.marking, video: file.video, audio: file.audio,
        captions: Self.named(file.captions), verdict: file.verdict.rawValue, verifyPreset: file.verifyPreset,
        problems: file.problems, checks: file.checks,
        masterSHA256: master.sha256)
      manifest.files.removeAll { $0.file == entry.file }
      manifest.files.append(entry)
    }
    let folder = deliverer.options.folder
    manifest.files.removeAll { !FileManager.default.fileExists(atPath: "\(folder)/\($0.file)") }
    manifest.files.sort { $0.file < $1.file }
    manifest.masters.removeAll { $0.sha256 == master.sha256 }
    manifest.masters.append(
      DeliveryManifest.Master(
        file: URL(fileURLWithPath: master.path).lastPathComponent, sha256: master.sha256, bytes: master.bytes,
        duration: (master.rate.duration(frames: master.frameCount).doubleValue * 1_000_000).rounded() / 1_000_000,
        frames: master.frameCount, frameRate: master.rate.description,
        provenance: master.index.container.metadata.filter { !Deliverer.ownKeys.contains($0.key) },
        ingredients: MediaMarking.ingredients(in: master.index.container.metadata)))
    let used = Set(manifest.files.map(\.masterSHA256))
    manifest.masters.removeAll { !used.contains($0.sha256) }
    try OutputFile.replace(path, with: try JSONOutput.data(manifest, pretty: true))
    let sums = manifest.files.map { file in
      let captions = (file.captions ?? []).flatMap(\.files).map { "\($0.sha256)  \($0.file)\n" }
      return "\(file.sha256)  \(file.file)\n" + captions.joined()
    }.joined()
    try OutputFile.replace(sumsPath, with: sums.utf8)
    return manifest
  }

  private static func named(_ captions: [Deliverable.Captions]) -> [Deliverable.Captions] {
    captions.map { captions in
      var captions = captions
      for index in captions.files.indices {
        captions.files[index].file = URL(fileURLWithPath: captions.files[index].file).lastPathComponent
      }
      return captions
    }
  }
}
