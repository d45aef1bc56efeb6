import Foundation
import Support
import Testing

/// `fixtures/downstream`: a package that uses the library products, whose sources are the examples of their documentation.
@Suite struct DownstreamTests {
  private static let package = ProjectFiles.path("fixtures/downstream")

  private static func source(_ program: String) -> String { "\(package)/Sources/\(program)/main.swift" }

  @Test(arguments: [("joinshots", "Stitching"), ("planfilm", "Pipeline")])
  func theDocumentationShowsTheExample(_ program: String, _ module: String) throws {
    let page = try String(
      contentsOfFile: ProjectFiles.path("Sources/\(module)/\(module).docc/\(module).md"), encoding: .utf8)
    let example = try String(contentsOfFile: Self.source(program), encoding: .utf8)
    #expect(page.contains("```swift\n\(example)```\n"), "copy \(Self.source(program)) into the page")
  }

  /// Against the modules of this build: a package of its own would compile everything a second time.
  @Test(arguments: ["joinshots", "planfilm"])
  func theExampleCompilesAgainstTheProducts(_ program: String) async throws {
    let folder = try #require(Self.buildFolder, "the build's modules are not beside the tests")
    let maps = try Self.moduleMaps(besides: folder).flatMap { ["-Xcc", "-fmodule-map-file=\($0)"] }
    let result = try await OutsideProgram.run(
      "swiftc", ["-typecheck", "-swift-version", "6", "-I", "\(folder)/Modules"] + maps + [Self.source(program)])
    #expect(result.status == 0, "\(result.errors)\(result.text)")
  }

  @Test func itsManifestNamesProductsThatThePackageHas() async throws {
    // The package manager that runs the tests keeps its own build folder to itself.
    let scratch = try ScratchFolder()
    func dump(_ path: String) async throws -> String {
      try await OutsideProgram.run(
        "swift", ["package", "--package-path", path, "--scratch-path", scratch.path("build"), "dump-package"]
      ).text
    }
    let (own, downstream) = (try await dump(ProjectFiles.path(".")), try await dump(Self.package))
    for product in ["LongtakeMedia", "LongtakePipeline"] {
      #expect(own.contains("\"\(product)\"") && downstream.contains("\"\(product)\""))
    }
  }

  /// The folder of the program that runs the tests.
  private static var buildFolder: String? {
    guard let program = try? LongtakeProgram.path() else { return nil }
    return URL(filePath: program).deletingLastPathComponent().path(percentEncoded: false)
  }

  /// Of C modules, which a client of a Swift module loads with it.
  private static func moduleMaps(besides folder: String) throws -> [String] {
    let files = FileManager.default
    let built = try files.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".build") }
      .map { "\(folder)/\($0)/module.modulemap" }
    let sources = ProjectFiles.path("Sources")
    let system = try files.contentsOfDirectory(atPath: sources).map { "\(sources)/\($0)/module.modulemap" }
    // C targets of packages that have a module map of their own.
    let checkouts = ProjectFiles.path(".build/checkouts")
    let foreign = try files.contentsOfDirectory(atPath: checkouts).flatMap { package -> [String] in
      let targets = (try? files.contentsOfDirectory(atPath: "\(checkouts)/\(package)/Sources")) ?? []
      return targets.flatMap { target in
        ["", "include/"].map { "\(checkouts)/\(package)/Sources/\(target)/\($0)module.modulemap" }
      }
    }
    return (built + system + foreign).filter(files.fileExists).sorted()
  }
}
