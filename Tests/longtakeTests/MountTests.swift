import Foundation
import Support
import Testing

/// Workspaces on disks of their own: small ones that fill up, and ones that cannot be written.
@Suite(.enabled(if: MountNamespace.isAllowed)) struct MountTests {
  private static let single = "  - id: one\n    prompt: A quay."

  /// Runs a shell script in which `$@` is the program with a workspace in the folder `$mount`.
  private func run(
    _ script: String, _ fixture: SmallStoryboard, _ hub: ScriptedHub
  ) async throws -> OutsideProgram.Result {
    let folder = try fixture.folder.write("mount/empty", "").replacing("/empty", with: "")
    let command = [
      try LongtakeProgram.path(), "generate", fixture.storyboard, "--provider", "oxen", "--base-url", hub.baseURL,
      "--yes",
      "--wait", "poll", "--presets", fixture.presets, "--workspace", "\(folder)/film.longtake", "--lost-answer-wait",
      "0s",
    ]
    return try await OutsideProgram.run(
      "unshare", MountNamespace.options + ["bash", "-c", "mount=$1; shift; \(script)", "bash", folder] + command,
      environment: [
        "OXEN_API_KEY": ScriptedHub.key, "OXEN_NAMESPACE": "tester", "LONGTAKE_POLL_SECONDS": "0.05",
      ])
  }

  /// The clip does not fit: it is paid once, and fetched when there is room.
  @Test func losesNothingWhenTheDiskFillsUp() async throws {
    let fixture = try SmallStoryboard(shots: Self.single, seconds: 2)
    let clip = try fixture.folder.make(
      "noise.mp4", "-f", "lavfi", "-i", "nullsrc=s=576x324:r=24:d=2,geq=random(1)*255:128:128", "-f", "lavfi", "-i",
      "sine=sample_rate=48000:duration=2", "-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-pix_fmt", "yuv420p",
      "-c:a", "aac")
    let hub = try await ScriptedHub.start(#"{"clip_file": "\#(clip)", "done_after": 0.05}"#)
    defer { hub.stop() }
    let script = """
      mount -t tmpfs -o size=10m none "$mount"
      "$@"; first=$?
      mount -o remount,size=64m "$mount"
      "$@"; echo "ended with $first and $?"
      """
    let result = try await run(script, fixture, hub)
    #expect(result.text.contains("ended with 74 and 0"), "\(result.text) \(result.errors)")
    #expect(result.errors.contains(/disk|space/.ignoresCase()))
    #expect(try hub.requests("POST", "/api/ai/queue").count == 1)
  }

  /// A disk that has no room for the ledger: nothing is sent.
  @Test func sendsNothingFromAFullDisk() async throws {
    let fixture = try SmallStoryboard(shots: Self.single, seconds: 1)
    let hub = try await ScriptedHub.start(#"{"clip_file": "\#(try fixture.clip(seconds: 1))", "done_after": 0.05}"#)
    defer { hub.stop() }
    for size in ["64k", "256k", "1m"] {
      let result = try await run(
        "mount -t tmpfs -o size=\(size) none \"$mount\"; \"$@\"; echo \"ended with $?\"", fixture, hub)
      #expect(result.text.contains("ended with 74"), "\(size): \(result.text) \(result.errors)")
    }
    #expect(try hub.requests("POST", "/api/ai/queue").isEmpty)
  }

  @Test func sendsNothingFromAReadOnlyMount() async throws {
    let fixture = try SmallStoryboard(shots: Self.single, seconds: 1)
    let hub = try await ScriptedHub.start(#"{"clip_file": "\#(try fixture.clip(seconds: 1))", "done_after": 0.05}"#)
    defer { hub.stop() }
    let script = """
      mount -t tmpfs none "$mount"
      "$@"; first=$?
      mount -o remount,ro "$mount"
      "$@"; echo "ended with $first and $?"
      """
    let result = try await run(script, fixture, hub)
    #expect(result.text.contains("ended with 0 and 73"), "\(result.text) \(result.errors)")
    #expect(try hub.requests("POST", "/api/ai/queue").count == 1)
  }
}

/// Mounts of a test's own, also for a user who is not root.
enum MountNamespace {
  /// For `unshare`.
  static let options = getuid() == 0 ? ["-m"] : ["-Urm"]
  static let isAllowed =
    (try? OutsideProgram.runAndWait("unshare", options + ["mount", "-t", "tmpfs", "none", "/mnt"]).status) == 0
}
