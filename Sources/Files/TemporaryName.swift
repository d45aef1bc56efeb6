import Foundation
import Synchronization

/// Names of files and folders that are being written. A name shows the process that writes it, so that what a killed one left
/// is removed by the next.
public enum TemporaryName {
  private static let prefix = ".longtake-"
  private static let suffix = ".part"
  /// Folders that this process has looked through.
  private static let swept = Mutex<Set<String>>([])
  /// Hosts and containers share folders, but not process numbers.
  private static let host: String = {
    let space = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
    let name = ProcessInfo.processInfo.hostName + (space ?? "")
    let hash = name.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    return String(hash & 0xFFFF_FFFF, radix: 36)
  }()

  /// A new name for something in a folder, short whatever the final name, so that a long one that the file system takes is not
  /// refused for our sake. What killed processes of this host have left in the folder is removed first.
  public static func path(in folder: String) -> String {
    let isNew = swept.withLock { $0.insert(folder).inserted }
    if isNew { removeAbandoned(in: folder) }
    let tag = String(UInt32.random(in: 0...UInt32.max), radix: 36)
    return "\(folder)/\(prefix)\(host)-\(ProcessInfo.processInfo.processIdentifier)-\(tag)\(suffix)"
  }

  private static func removeAbandoned(in folder: String) {
    let files = FileManager.default
    for name in (try? files.contentsOfDirectory(atPath: folder)) ?? [] {
      guard name.hasPrefix("\(prefix)\(host)-"), name.contains(suffix) else { continue }
      let parts = name.split(separator: "-")
      guard parts.count == 4, let process = Int32(parts[2]), process > 0, kill(process, 0) != 0, errno == ESRCH else {
        continue
      }
      try? files.removeItem(atPath: "\(folder)/\(name)")
    }
  }
}
