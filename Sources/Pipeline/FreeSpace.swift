import Foundation

/// Room on the disk of a workspace.
enum FreeSpace {
  /// Bytes without which nothing is sent: what a service accepts has to be written down here.
  private static let least: UInt64 = 8 << 20

  /// - Throws: ``PipelineError`` `inputOutput` where there is hardly any left.
  static func require(in workspace: Workspace, for shot: String) throws {
    var facts = statvfs()
    guard statvfs(workspace.directory, &facts) == 0 else { return }
    let free = UInt64(facts.f_bavail) * UInt64(facts.f_frsize)
    guard free < least else { return }
    throw PipelineError(
      .inputOutput,
      "the disk of \(workspace.directory) is full (\(free >> 10) KiB are left), so shot \(shot) was not sent and not paid. "
        + "Make room and run again.")
  }
}
