import Files
import Foundation
import Mustache

/// The page's HTML: a template filled with the report, a style sheet and a script in it by digest.
struct ReviewPage {
  private let report: ReviewReport
  private let text: PageText
  private let assets: PageAssets

  /// In the order in which they run.
  private static let scripts: [PageFile] = [.base, .player, .joins, .shots, .decisions, .start]

  init(_ report: ReviewReport, text: PageText, assets: PageAssets) {
    self.report = report
    self.text = text
    self.assets = assets
  }

  /// - Throws: ``ReviewError`` when a file of the page is missing; what the template library says of a template.
  func html() throws -> String {
    MustacheContentTypes.register(PageEscaping(), named: PageEscaping.name)
    let style = try PageFile.pageStyle.text()
    let script = try Self.scripts.map { try $0.text() }.joined()
    let data = PageEscaping.script(String(decoding: try report.json(), as: UTF8.self))
    let texts = PageEscaping.script(String(decoding: try JSONOutput.data(text.texts), as: UTF8.self))
    var context = PageContext(report, text: text, assets: assets).values
    context["t"] = text.nested
    context["policy"] = PagePolicy.text(style: style, script: script, media: true)
    context["style"] = style
    context["script"] = script
    context["data"] = data
    context["texts"] = texts
    context["isSingle"] = assets.isInlining
    context["assets"] = assets.unplaced.map { ["name": $0.name, "address": $0.address] }
    let template = try MustacheTemplate(string: PageFile.page.text())
    let shot = try MustacheTemplate(string: PageFile.shot.text())
    let join = try MustacheTemplate(string: PageFile.join.text())
    let library = MustacheLibrary(templates: ["page": template, "shot": shot, "join": join])
    return library.render(context, withTemplate: "page") ?? ""
  }
}
