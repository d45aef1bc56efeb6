import Foundation
import Libav

/// Small files that are either there whole or not at all.
enum WholeFile {
  /// Puts bytes under a name, over what may stand there.
  static func write(_ path: String, _ data: Data) throws {
    let file = try OutputFile(path, overwrite: true)
    try file.write(Array(data))
    try file.commit()
  }
}
