import ArgumentParser
import Generation
import Ledger
import Pipeline

struct RedoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "redo", abstract: "Mark shots, and those made from them, to be generated again.",
    discussion: """
      What will be generated again, and for how much, is told and asked first. The earlier takes stay on the disk and in \
      the ledger ('longtake pick' goes back to one), and so does what the service is still working on: it is brought in \
      by the next run as a kept take, unless --cancel ends it there. The next 'run' generates and pays the new ones.
      """)

  @Argument(help: "A storyboard, YAML or JSON.", completion: .file())
  var storyboard: String

  @Option(name: .customLong("shot"), parsing: .upToNextOption, help: "Ids of shots.")
  var shots: [String]

  @Flag(help: "Cancel what the service is still working on for these shots.")
  var cancel = false

  @Option(name: .customLong("base-url"), help: "The API's address instead of the usual one, for --cancel.")
  var baseURL: String?

  @OptionGroup var arguments: WorkspaceArguments

  func validate() throws {
    guard !shots.isEmpty else { throw ValidationError("Name at least one shot with --shot.") }
  }

  func run() async throws {
    arguments.common.apply()
    let production = try arguments.production(storyboard)
    let renewal = try production.renewal(redoing: shots)
    try await arguments.agree(to: renewal, doing: "redo")
    if cancel { try await cancel(renewal.inFlight) }
    let marked = try production.redo(shots)
    for shot in marked { Output.line(shot) }
    Terminal.note("\(marked.count) shot\(marked.count == 1 ? "" : "s") will be generated again by the next run")
    let left = cancel ? [] : renewal.inFlight
    guard !left.isEmpty else { return }
    let names = left.map { "\($0.shot) take \($0.take)" }.joined(separator: ", ")
    Terminal.note("still under way at the service: \(names); the next run brings \(left.count == 1 ? "it" : "them") in")
  }

  private func cancel(_ entries: [GenerationEntry]) async throws {
    let place = arguments.place(of: storyboard)
    for entry in entries {
      guard let id = entry.remoteID else {
        Terminal.warning(
          "\(entry.shot) take \(entry.take) has no id yet, so it cannot be cancelled; the next run looks for it")
        continue
      }
      let state = try await Cancellation(place: place, baseURL: baseURL).cancel(entry, id)
      Terminal.note("\(entry.shot) take \(entry.take): \(state.rawValue)")
    }
  }
}
