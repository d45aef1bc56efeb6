public import Presets

/// A video in shots: what to generate, and how to join it into one master.
public struct Storyboard: Sendable, Hashable {
  public static let schema = "longtake.storyboard/1"
  /// The version of the form, as `version` gives it.
  static let version: Int64 = 1

  public let title: String?
  /// `sandbox`, `oxen` or `fal`; nil leaves it to the command line.
  public let provider: String?
  /// The model's name in the presets.
  public let model: String
  /// Images of style and appearance, `@Image1` first; see ``sentReferences(of:)``.
  public let references: [ImageSource]
  /// Addresses of videos that show style or motion, `@Video1` first; see ``sentVideos(of:)``.
  public let videos: [String]
  /// Things that look the same in every shot, `@Element1` first; see ``sentElements(of:)``.
  public let elements: [Element]
  public let shots: [Shot]
  public let master: MasterSettings
  /// Nil for a master alone.
  public let delivery: DeliverySettings?
  /// Nil leaves the marks of generated media to the clips'.
  public let marking: MarkingSettings?
  /// Line of every field by its path, for problems found later.
  let lines: [String: Int]

  public func shot(_ id: String) -> Shot? { shots.first { $0.id == id } }

  /// The line of a field such as `shots[1].duration`, or of the nearest enclosing field.
  public func line(of path: String) -> Int? {
    var path = Substring(path)
    while !path.isEmpty {
      if let line = lines[String(path)] { return line }
      guard let cut = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return nil }
      path = path[..<cut]
    }
    return nil
  }

  /// A problem at a field of this storyboard.
  public func problem(at path: String, _ message: String) -> Problem {
    Problem(path: path, line: line(of: path), message: message)
  }

  /// A problem at a shot's field, wherever it was written; at the shot itself for nil.
  public func problem(of shot: Shot, at field: NeutralField?, _ message: String) -> Problem {
    guard let field else { return problem(at: "shots[\(shot.index)]", message) }
    return problem(at: place(of: field.storyboardKey, in: shot), message)
  }

  /// The line of a field that the shot or the defaults give; nil where neither does.
  func line(ofExactly field: String, in shot: Shot) -> Int? {
    lines["shots[\(shot.index)].\(field)"] ?? lines["defaults.\(field)"]
  }

  /// Where a delivery preset was written.
  public func place(ofDeliveryPreset number: Int) -> String {
    lines["deliver[\(number)]"] == nil ? "deliver.presets[\(number)]" : "deliver[\(number)]"
  }

  /// Where a shot's field that the defaults may give was written.
  public func place(ofShared field: String, in shot: Shot) -> String { place(of: field, in: shot) }

  /// Where a shot's field was written: in the shot, or in the defaults when it came from there.
  func place(of field: String, in shot: Shot) -> String {
    let own = "shots[\(shot.index)].\(field)"
    return lines[own] == nil && lines["defaults.\(field)"] != nil ? "defaults.\(field)" : own
  }
}

/// A person, thing or place that looks the same in every shot.
public struct Element: Sendable, Hashable {
  /// Used in prompts as `@name`.
  public let name: String
  /// Nil where a video shows it.
  public let frontal: ImageSource?
  /// Further views of it.
  public let angles: [ImageSource]
  /// Address of a video that shows it.
  public let video: String?
  /// The service's id of a voice.
  public let voice: String?

  /// All images of it, the front first.
  public var images: [ImageSource] { (frontal.map { [$0] } ?? []) + angles }
}
