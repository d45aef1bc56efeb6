import ArgumentParser
import Files
import Foundation
import Libav
import Stitching

/// Options of `stitch` for metadata in the container, and for the timeline beside the master.
struct StitchMetadataOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Title of the master.", valueName: "text"))
  var title: String?

  @Option(
    name: .customLong("metadata"),
    help: ArgumentHelp("Metadata to write into the container; may be repeated.", valueName: "key=value"))
  var metadata: [MetadataEntry] = []

  @Option(
    name: .customLong("creation-time"),
    help: ArgumentHelp(
      "Creation time, e.g. 2026-03-01T12:00:00Z, or none (default: SOURCE_DATE_EPOCH, else now).", valueName: "time"))
  var creationTime: CreationTimeArgument?

  @Flag(help: "Write a chapter for each shot.")
  var chapters = false

  @Option(
    help: ArgumentHelp("Write the timeline as OpenTimelineIO JSON, for editing software.", valueName: "file"),
    completion: .file())
  var otio: String?

  func apply(to options: inout StitchOptions) throws {
    for entry in metadata { options.metadata[entry.key] = entry.value }
    if let title { options.metadata["title"] = title }
    options.creationTime =
      switch creationTime {
      case .time(let date): date
      case .omitted: nil
      case nil: try CreationTime.current()
      }
    options.writesChapters = chapters
  }

  func writeTimeline(_ plan: StitchPlan, options: StitchOptions, master: String) throws {
    guard let otio else { return }
    let file = try OutputFile(otio, overwrite: options.overwrite)
    try file.write(Array(try InterchangeFormat.otio.data(of: EditTimeline(plan, options: options, master: master))))
    try file.commit()
  }
}

/// `KEY=VALUE`.
struct MetadataEntry: ExpressibleByArgument, Sendable {
  let key: String
  let value: String

  init?(argument: String) {
    guard let split = argument.firstIndex(of: "="), split > argument.startIndex else { return nil }
    key = String(argument[..<split])
    value = String(argument[argument.index(after: split)...])
  }
}

/// A time, or `none`.
enum CreationTimeArgument: ExpressibleByArgument, Sendable {
  case time(Date)
  case omitted

  init?(argument: String) {
    if argument == "none" {
      self = .omitted
    } else if let date = CreationTime.parse(argument) {
      self = .time(date)
    } else {
      return nil
    }
  }
}
