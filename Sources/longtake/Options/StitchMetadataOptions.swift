import ArgumentParser
import Files
import Foundation
import Libav
import Stitching

/// What `stitch` writes into the container beside frame and audio, and beside the master itself.
struct StitchMetadataOptions: ParsableArguments {
  @Option(help: "The master's title.")
  var title: String?

  @Option(
    name: .customLong("metadata"),
    help: "KEY=VALUE to write into the container; any key, as often as wanted.")
  var metadata: [MetadataEntry] = []

  @Option(
    name: .customLong("creation-time"),
    help:
      "The moment to write as the time of making, as 2026-03-01T12:00:00Z, or none; SOURCE_DATE_EPOCH or now without it."
  )
  var creationTime: CreationTimeArgument?

  @Flag(help: "Write a chapter for each shot.")
  var chapters = false

  @Option(help: "Write the timeline for editing programs, as OpenTimelineIO JSON.", completion: .file())
  var otio: String?

  func apply(to options: inout StitchOptions) throws {
    for entry in metadata { options.metadata[entry.key] = entry.value }
    if let title { options.metadata["title"] = title }
    options.creationTime =
      switch creationTime {
      case .moment(let date): date
      case .leaveOut: nil
      case nil: try CreationTime.current()
      }
    options.writesChapters = chapters
  }

  func writeTimeline(_ plan: StitchPlan, options: StitchOptions, master: String) throws {
    guard let otio else { return }
    let file = try OutputFile(otio, overwrite: options.overwrite)
    try file.write(Array(try OTIOTimeline(plan, options: options, master: master).json()))
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

/// A moment, or `none`.
enum CreationTimeArgument: ExpressibleByArgument, Sendable {
  case moment(Date)
  case leaveOut

  init?(argument: String) {
    if argument == "none" {
      self = .leaveOut
    } else if let date = CreationTime.parse(argument) {
      self = .moment(date)
    } else {
      return nil
    }
  }
}
