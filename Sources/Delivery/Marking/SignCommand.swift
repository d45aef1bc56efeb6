import Files
import Foundation

/// The user's own command that signs a file, such as c2patool with the user's certificate.
///
/// It runs in `/bin/sh`, with the file to sign as `$1` and the file to write as `$2`.
struct SignCommand: Sendable {
  private static let quotedLength = 400

  let text: String

  /// Signs a file that is still under its temporary name.
  /// - Throws: ``DeliveryError`` `notSigned` with the last line that the command wrote; the file is as it was then.
  func sign(_ output: borrowing OutputFile, extension suffix: String) throws {
    let folder = output.temporaryPath + ".sign"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (unsigned, signed) = ("\(folder)/unsigned.\(suffix)", "\(folder)/signed.\(suffix)")
    let log = "\(folder)/log"
    // Signers go by the extension, which a temporary name does not have.
    try FileManager.default.linkItem(atPath: output.temporaryPath, toPath: unsigned)
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    let messages = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
    defer { try? messages.close() }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", text, "sign", unsigned, signed]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = messages
    process.standardError = messages
    try process.run()
    process.waitUntilExit()
    try Task.checkCancellation()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      let kind = process.terminationReason == .exit ? "exit status" : "signal"
      throw failure("ended with \(kind) \(process.terminationStatus)", log)
    }
    guard FileManager.default.fileExists(atPath: signed) else { throw failure("wrote no file to its $2", log) }
    do {
      try OutputFile.rename(signed, to: output.temporaryPath)
    } catch {
      throw DeliveryError(.notSigned, "the signed file cannot be used: \(error.message)", file: output.path)
    }
  }

  private func failure(_ text: String, _ log: String) -> DeliveryError {
    let written = FileManager.default.contents(atPath: log).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let last = written.split(whereSeparator: \.isNewline).last.map { ": \(quotedLine($0))" } ?? ""
    return DeliveryError(.notSigned, "the command of LONGTAKE_SIGN_COMMAND \(text)\(last)")
  }

  private func quotedLine(_ line: Substring) -> String { String(line.prefix(Self.quotedLength)).terminalSafe }
}
