import Files
import Foundation

/// The hidden folder in which the parts of a version wait until it is whole, so that an interrupted delivery resumes.
///
/// Its name holds a digest of everything that the parts depend on. A part counts when the record beside it has the digest of
/// its bytes.
struct WorkFolder: Sendable {
  /// What lies beside a part.
  private struct Record: Codable {
    let sha256: String
    let written: ChunkEncoder.Written
  }

  let path: String

  /// - Parameter key: text of everything that the parts depend on.
  init(in folder: String, preset: String, key: String) throws {
    path = "\(folder)/.longtake-deliver-\(preset)-\(SHA256Text.of(key).prefix(16))"
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw FileError(.cannotCreate, "cannot create the work folder; check permissions and space", file: path)
    }
    // What a killed delivery was writing.
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where name.hasSuffix(".part") {
      try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// The record of a part whose bytes are those that were written; nil when there is none.
  func written(_ name: String) -> ChunkEncoder.Written? {
    guard let data = FileManager.default.contents(atPath: file("\(name).json")),
      let record = try? JSONDecoder().decode(Record.self, from: data),
      let digest = try? SHA256Text.ofFile(file(name)).sha256, digest == record.sha256
    else { return nil }
    return record.written
  }

  /// Writes a part: the record comes last, so that it vouches for whole bytes.
  func write(_ name: String, _ body: (String) throws -> ChunkEncoder.Written) throws -> ChunkEncoder.Written {
    let output = try OutputFile(file(name), overwrite: true)
    let written = try output.written(body)
    let digest = try SHA256Text.ofFile(output.temporaryPath).sha256
    try output.commit()
    try OutputFile.replace(file("\(name).json"), with: try JSONOutput.data(Record(sha256: digest, written: written)))
    return written
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
