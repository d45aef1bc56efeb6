public import Files
import Foundation
import Libav
import Stitching

/// A folder for files that are needed only meanwhile: beside what is written, so that no other disk has to have room for them.
public struct TemporaryFiles: Sendable {
  /// The folder; nothing is in it before ``create()``.
  public let path: String
  private let output: String

  /// - Parameter output: the file or folder that is written.
  public init(beside output: String) {
    let parent = URL(filePath: output).deletingLastPathComponent().path(percentEncoded: false)
    path = TemporaryName.path(in: parent.count > 1 && parent.hasSuffix("/") ? String(parent.dropLast()) : parent)
    self.output = output
  }

  /// - Throws: `FileError` naming the output.
  public func create() throws(FileError) {
    try FileError.rethrowing(output) {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
  }

  /// Does nothing when the folder is not there.
  public func remove() { try? FileManager.default.removeItem(atPath: path) }

  /// Runs work on the files: an error that names one of them names the output instead, because nobody else knows them.
  public func run<Value>(_ work: () throws -> Value) throws -> Value {
    do {
      return try work()
    } catch let error as FileError where error.file.hasPrefix(path) {
      throw FileError(error.code, error.message, file: output)
    } catch let error as LibavError where error.file?.hasPrefix(path) == true {
      throw LibavError(error.code, error.message, file: output, log: error.log, averror: error.averror)
    } catch let error as StitchError where error.file?.hasPrefix(path) == true {
      throw StitchError(error.code, error.message, file: output)
    }
  }
}
