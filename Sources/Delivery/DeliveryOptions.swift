public import Captions
public import Foundation
public import Presets
public import Stitching

/// What a delivery of a master is told beside the recipe.
public struct DeliveryOptions: Sendable {
  /// The name of a file without its extension.
  public static let usualTemplate = "{title}_{adid}_{preset}_{language}"

  /// The folder of the files.
  public var folder: String
  public var overwrite = false
  /// Fields: title, adid, preset, language. Empty ones are left out together with the separator before them.
  public var nameTemplate = DeliveryOptions.usualTemplate
  /// Nil: the master's title, else its file name.
  public var title: String?
  public var adID: String?
  public var advertiser: String?
  /// ISO 639-2, three letters.
  public var language: String?
  /// Voices over the master's audio: one version of each recipe per language, whose video is encoded once. Empty for the one
  /// version of ``language``.
  public var languages: [LanguageVersion] = []
  /// Of one version.
  var voice: VoiceOptions?
  /// The centre of a crop in parts of the frame; nil for the recipe's.
  public var cropCenter: (x: Double, y: Double)?
  /// The fit of a recipe with a size of its own; nil for the recipe's.
  public var fit: DeliveryFit?
  /// Whether retimed audio keeps its pitch; otherwise that changes as speed does.
  public var keepsPitch = false
  /// Encoders at a time; nil for as many as there are processors and memory for.
  public var workers: Int?
  /// Marks of generated media; its tool is ``tool``.
  public var marking = MarkingOptions()
  /// A text in the frames; nil for none.
  public var label: VisibleLabel?
  /// Captions in the master's time, one per language; none takes those of the master's own text tracks.
  public var captions: [CaptionTrack] = []
  public var captionForms = Set(CaptionForm.allCases)
  /// Draws the captions of ``language``, else the first, into the frames.
  public var burnsCaptions = false
  /// A shell command that signs `$1` into `$2`; nil leaves files unsigned.
  public var signCommand: String?
  /// Nil leaves the date out.
  public var creationTime: Date?
  /// The program's version, as it is written into the files.
  public var tool = "longtake"

  public init(folder: String) { self.folder = folder }
}

extension DeliveryOptions {
  /// What is wrong whatever the master is.
  /// - Throws: ``DeliveryError`` `badRequest`.
  public func requireUsable() throws(DeliveryError) { try FileNames.check(nameTemplate) }

  /// The captions of a version: those given, else the master's own.
  func captions(of master: DeliveryMaster) -> [CaptionTrack] { captions.isEmpty ? master.captions : captions }

  /// - Throws: ``DeliveryError`` `badRequest` when there are none to burn in.
  func burnedCaptions(of master: DeliveryMaster) throws(DeliveryError) -> CaptionTrack? {
    guard burnsCaptions else { return nil }
    let all = captions(of: master)
    guard let track = all.first(where: { $0.language != nil && $0.language == language }) ?? all.first else {
      throw DeliveryError(.badRequest, "there are no captions to burn in; name them with --captions", file: master.path)
    }
    return track
  }
}

/// How the master's frames fill a size of another shape: as ``DeliveryRecipe/Fit``.
public typealias DeliveryFit = DeliveryRecipe.Fit

/// Progress of a delivery.
public enum DeliveryEvent: Sendable, Hashable {
  /// Chunks of an interrupted delivery that are used again.
  case resumed(preset: String, chunks: Int, of: Int)
  /// Frames encoded so far in all chunks; `remaining` in seconds.
  case encoded(preset: String, frames: Int, of: Int, framesPerSecond: Double, remaining: Double?)
  /// A pass over the whole audio, from 1 on.
  case audio(preset: String, pass: Int)
  case writing(preset: String)
  case verifying(preset: String, frames: Int, fraction: Double?)
}
