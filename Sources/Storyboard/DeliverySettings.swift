public import Presets

/// The delivery versions that a run makes of its master.
public struct DeliverySettings: Sendable, Hashable {
  /// Delivery presets, by name or path.
  public var presets: [String]
  /// Template of the files' names.
  public var name: String?
  /// Nil for the storyboard's.
  public var title: String?
  /// Ad-ID or clock number.
  public var adID: String?
  /// For the slate.
  public var advertiser: String?
  /// How the master fills a size of another shape; nil for the presets'.
  public var fit: DeliveryRecipe.Fit?
  /// The centre of a crop in parts of the frame, from left and from top; nil for the presets'.
  public var center: [Double]?
  /// Whether retimed audio keeps its pitch.
  public var keepsPitch: Bool?
  /// Forms in which captions leave: `track`, `srt`, `vtt`; nil for all.
  public var captionForms: [String]?
  /// Whether captions are drawn into the frames.
  public var burnsCaptions: Bool?
  /// A text in the frames; nil for none.
  public var label: LabelSettings?

  public init(presets: [String]) { self.presets = presets }
}
