import Files
import Foundation

/// The files that pages are made of: templates, style sheets, scripts and texts.
enum PageFile: String, CaseIterable {
  case page = "page.mustache"
  case shot = "shot.mustache"
  case join = "join.mustache"
  case delivery = "delivery.mustache"
  case pageStyle = "page.css"
  case deliveryStyle = "delivery.css"
  case base = "base.js"
  case player = "player.js"
  case joins = "joins.js"
  case shots = "shots.js"
  case decisions = "decisions.js"
  case start = "start.js"
  case english = "text.en.json"

  private static let folder = ResourceFolder("review", of: "Review", folder: "Resources")

  /// - Throws: ``ReviewError`` `cannotCreate` that names the first file that is missing.
  static func requireAll() throws(ReviewError) {
    for file in allCases { _ = try file.text() }
  }

  /// - Throws: ``ReviewError`` `cannotCreate` when the file is missing or cannot be read.
  func text() throws(ReviewError) -> String {
    guard let path = Self.folder.path(of: rawValue), let text = try? String(contentsOfFile: path, encoding: .utf8)
    else {
      throw ReviewError(
        .cannotCreate,
        "belongs to this program and is missing; install the program again, or copy Sources/Review/Resources to a "
          + "folder 'review' beside it", file: rawValue)
    }
    return text
  }
}
