import Files
import Stills

/// `sheet --json`.
struct SheetReport: Encodable {
  struct File: Encodable {
    let file: String
    @Nullable var label: String?
    @Nullable var verdict: String?
    let frames: [Int]
  }

  let schema = "longtake.sheet/1"
  let output: String
  let width: Int
  let height: Int
  let bytes: Int
  let files: [File]
  @Nullable var note: String?

  private enum CodingKeys: String, CodingKey { case schema, output, width, height, bytes, files, note }

  init(_ sheet: ContactSheet, entries: [ContactSheet.Entry], still: EncodedStill, output: String) {
    self.output = output
    width = still.width
    height = still.height
    bytes = still.bytes.count
    files = zip(entries, sheet.frames).map {
      File(file: $0.path, label: $0.label, verdict: $0.verdict, frames: $1)
    }
    note = sheet.note
  }

  /// Of a sheet of joins.
  init(_ file: String, frames: [Int], note: String?, still: EncodedStill, output: String) {
    self.output = output
    width = still.width
    height = still.height
    bytes = still.bytes.count
    files = [File(file: file, label: nil, verdict: nil, frames: frames)]
    self.note = note
  }

  /// For people.
  var lines: [String] { ["\(output): \(width)×\(height), \(bytes) bytes"] }
}
