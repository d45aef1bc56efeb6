import Files
import Foundation
import Mustache

/// The page's HTML: a template filled with the report, a style sheet and a script in it by digest.
struct ReviewPage {
  private let report: ReviewReport
  private let text: PageText
  private let assets: PageAssets

  /// Style sheet and script, in order.
  private static let style = [PackageResources.page_css]
  private static let scripts = [
    PackageResources.base_js, PackageResources.player_js, PackageResources.joins_js, PackageResources.shots_js,
    PackageResources.decisions_js, PackageResources.start_js,
  ]

  init(_ report: ReviewReport, text: PageText, assets: PageAssets) {
    self.report = report
    self.text = text
    self.assets = assets
  }

  /// - Throws: what the template library says of the template.
  func html() throws -> String {
    MustacheContentTypes.register(PageEscaping(), named: PageEscaping.name)
    let style = Self.style.map { String(decoding: $0, as: UTF8.self) }.joined()
    let script = Self.scripts.map { String(decoding: $0, as: UTF8.self) }.joined()
    let data = PageEscaping.script(String(decoding: try report.json(), as: UTF8.self))
    let texts = PageEscaping.script(String(decoding: try JSONOutput.data(text.texts), as: UTF8.self))
    var context = PageContext(report, text: text, isInlining: assets.isInlining).values
    context["t"] = text.nested
    context["policy"] = PagePolicy.text(style: style, script: script, media: true)
    context["style"] = style
    context["script"] = script
    context["data"] = data
    context["texts"] = texts
    context["assets"] = assets.isInlining ? inlined : nil
    let template = try MustacheTemplate(string: String(decoding: PackageResources.page_mustache, as: UTF8.self))
    let shot = try MustacheTemplate(string: String(decoding: PackageResources.shot_mustache, as: UTF8.self))
    let join = try MustacheTemplate(string: String(decoding: PackageResources.join_mustache, as: UTF8.self))
    let library = MustacheLibrary(templates: ["page": template, "shot": shot, "join": join])
    return library.render(context, withTemplate: "page") ?? ""
  }

  /// The files as JSON of names and `data:` addresses.
  private var inlined: String {
    let entries = assets.inlined.map { asset in
      "\"\(asset.name)\":\"data:\(asset.mediaType);base64,\(Data(asset.bytes).base64EncodedString())\""
    }
    return "{" + entries.joined(separator: ",\n") + "}"
  }
}
