import Foundation
import Support
import Testing

/// `doctor --store` and `store prune`.
@Suite struct StoreCommandTests {
  @Test func doctorTriesAFolder() async throws {
    let folder = try ScratchFolder()
    let good = try await LongtakeProgram.run(["doctor", "--store", "file://\(folder.path)"])
    #expect(good.status == 0 && good.output.contains("store refuse a put if absent: as expected"), "\(good.output)")
    let missing = try await LongtakeProgram.run(["doctor", "--store", folder.path("none")])
    #expect(missing.status == 1 && missing.output.contains("does not exist"), "\(missing.output)")
  }

  @Test func doctorRefusesAStoreThatIgnoresConditions() async throws {
    let careless = try await ScriptedStore.start(#"{"careless": true}"#)
    defer { careless.stop() }
    let result = try await LongtakeProgram.run(["doctor", "--store", careless.url], environment: careless.environment)
    #expect(result.status == 1 && result.output.contains("the store ignores the condition"), "\(result.output)")
    #expect(result.output.contains("failed: store"))
    let good = try await ScriptedStore.start()
    defer { good.stop() }
    #expect(try await LongtakeProgram.run(["doctor", "--store", good.url], environment: good.environment).status == 0)
    let keyless = try await LongtakeProgram.run(["doctor", "--store", "s3://films"])
    #expect(keyless.status == 1 && keyless.output.contains("AWS_ACCESS_KEY_ID"), "\(keyless.output)")
  }

  @Test func pruneListsAndDeletesOnlyWhenAsked() async throws {
    let folder = try ScratchFolder()
    let (used, unused) = (String(repeating: "0a", count: 32), String(repeating: "0b", count: 32))
    let kept = try folder.write("blobs/sha256/0a/\(used)", "used")
    let garbage = try folder.write("blobs/sha256/0b/\(unused)", "unused")
    try folder.write("runs/film/run.json", #"{"file": "\#(used)"}"#)
    let arguments = ["store", "prune", "--store", folder.path]
    let young = try await LongtakeProgram.run(arguments)
    #expect(young.status == 0 && young.output.contains("0 contents") && young.output.contains("1 newer than 24h"))
    let listed = try await LongtakeProgram.run(arguments + ["--older-than", "0s"])
    #expect(listed.output.contains(unused) && !listed.output.contains(used), "\(listed.output)\(listed.errors)")
    #expect(listed.output.contains("1 content of 6 bytes would be deleted; kept: 1 in use"))
    #expect(FileManager.default.fileExists(atPath: garbage))
    #expect(try await LongtakeProgram.run(arguments + ["--delete", "--older-than", "0s"]).status == 0)
    #expect(!FileManager.default.fileExists(atPath: garbage) && FileManager.default.fileExists(atPath: kept))
    #expect(try await LongtakeProgram.run(arguments + ["--delete", "--dry-run"]).status == 64)
    #expect(try await LongtakeProgram.run(["store", "prune", "--store", folder.path("none")]).status == 66)
    #expect(try await LongtakeProgram.run(["store", "prune", "--store", "s3://films"]).status == 77)
  }
}
