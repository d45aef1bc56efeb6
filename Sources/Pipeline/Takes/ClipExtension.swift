import Files
import Foundation
import Libav
public import Presets
import Stills
public import Stitching
import Storyboard
public import Timing
import Verification

/// An existing clip and one new shot that continues from its last frame.
///
/// The new shot is a storyboard of its own in its own workspace, resumed and paid like any other.
public struct ClipExtension: Sendable {
  /// The only shot's id.
  public static let shot = "extension"
  /// The model when none is named.
  public static let defaultModel = "kling-video-o3-omni"

  public let clip: String
  public let prompt: String
  public let model: String
  /// Seconds; nil for the model's default.
  public let duration: Rational?
  /// Nil generates audio if the clip has some.
  public let generatesAudio: Bool?
  public let workspace: Workspace

  /// - Parameter workspace: nil for `<clip name>.extend.longtake` beside the clip.
  public init(
    clip: String, prompt: String, model: String = defaultModel, duration: Rational? = nil, generatesAudio: Bool? = nil,
    workspace: Workspace? = nil
  ) {
    self.clip = clip
    self.prompt = prompt
    self.model = model
    self.duration = duration
    self.generatesAudio = generatesAudio
    let url = URL(filePath: clip)
    let name = url.deletingPathExtension().lastPathComponent
    self.workspace =
      workspace
      ?? Workspace(
        directory: url.deletingLastPathComponent().appending(path: "\(name).extend.longtake").path(
          percentEncoded: false))
  }

  private var storyboardPath: String { workspace.path("storyboard.json") }

  /// Checks the clip, extracts its last frame, and plans the shot. Nothing is sent.
  /// - Throws: ``LibavError`` for a clip that cannot be read or is damaged; ``PipelineError`` `invalidPlan` when the model's
  ///   clip could not be joined to it, so that nobody pays for that.
  public func plan(library: PresetLibrary, provider: String) throws -> ExecutionPlan {
    let descriptor = try library.model(named: model, for: provider)
    let video = try video()
    try requireWholeClip()
    let ratio = try aspectRatio(joining: video, descriptor)
    let anchor = try Anchor(of: clip, limits: ImageLimits(startImageOf: descriptor))
    try workspace.prepare()
    let image = "anchors/clip.\(anchor.still.format == .png ? "png" : "jpg")"
    try OutputFile.replace(workspace.path(image), with: anchor.still.bytes)
    var shot: [String: JSONValue] = [
      "id": .string(Self.shot), "prompt": .string(prompt), "start": .string(image),
    ]
    if let duration {
      shot["duration"] = duration.denominator == 1 ? .integer(duration.numerator) : .number(duration.doubleValue)
    }
    if let ratio, descriptor.fields.takes(.aspectRatio) { shot["aspect_ratio"] = .string(ratio) }
    if descriptor.fields.takes(.generateAudio) { shot["generate_audio"] = .bool(generatesAudio ?? video.hasAudio) }
    let title = "Extension of \(URL(filePath: clip).lastPathComponent)"
    let board: JSONValue = [
      "title": .string(title), "provider": .string(provider), "model": .string(model), "shots": [.object(shot)],
    ]
    try OutputFile.replace(storyboardPath, with: board.canonicalJSON.utf8)
    return try Planner(library: library).plan(storyboardPath, provider: provider, makesMaster: false)
  }

  /// Joins the clip and the new shot into one file.
  /// - Parameter summary: of a run of the plan in which no shot failed.
  public func join(
    _ summary: RunSummary, to output: String, overwrite: Bool = false, progress: (StitchEvent) -> Void = { _ in }
  ) throws -> StitchReport {
    guard let new = summary.shots.first?.clip else {
      throw PipelineError(.shotFailed, "there is no clip to join")
    }
    var options = StitchOptions()
    options.overwrite = overwrite
    let shots = [StitchShot(path: clip), StitchShot(path: summary.workspace.path(new), title: Self.shot)]
    let plan = try StitchPlan(shots, options: options, progress: progress)
    return try Stitcher(plan, options: options).write(to: output, progress: progress)
  }

  // MARK: - The clip

  private struct Video {
    let width: Int
    let height: Int
    let rate: Rational
    let hasAudio: Bool
  }

  private func video() throws -> Video {
    let demuxer = try Demuxer(path: clip)
    guard let stream = demuxer.streams.first(where: { $0.kind == .video && !$0.isAttachedPicture }),
      let size = stream.displaySize
    else { throw LibavError(.invalidData, "holds no video", file: clip) }
    return Video(
      width: size.width, height: size.height, rate: stream.averageFrameRate,
      hasAudio: demuxer.streams.contains { $0.kind == .audio })
  }

  /// A damaged clip cannot be joined, so nothing is paid for it.
  private func requireWholeClip() throws {
    let report = try Verifier(spec: ClipVerifier.spec).verify(clip)
    guard report.verdict == .fail else { return }
    let why = report.reasons.map(\.message).joined(separator: "; ")
    throw LibavError(.invalidData, "cannot be extended: \(why). Nothing was sent.", file: clip)
  }

  /// The aspect ratio whose frames have the clip's size; nil when the model takes its size from the start image.
  private func aspectRatio(joining video: Video, _ model: ModelDescriptor) throws -> String? {
    let own = "\(video.width)x\(video.height)"
    if let rate = model.output.frameRate?.rational, rate != video.rate {
      throw PipelineError(
        .invalidPlan,
        "\(model.id) makes \(rate.fraction) frames per second and \(clip) has \(video.rate.fraction): the two could not be "
          + "joined, so nothing was sent.")
    }
    guard !model.output.followsStartImage, !model.output.sizes.isEmpty else { return nil }
    if let ratio = model.output.sizes.filter({ $0.value.description == own }).map(\.key).min() { return ratio }
    let sizes = model.output.sizes.values.map(\.description).sorted().joined(separator: ", ")
    throw PipelineError(
      .invalidPlan,
      "\(model.id) makes \(sizes) and \(clip) is \(own): the two could not be joined, so nothing was sent. Scale the clip "
        + "to one of these sizes or choose another --model.")
  }
}
