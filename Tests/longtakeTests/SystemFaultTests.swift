import Foundation
import Support
import Testing

/// What commands do where the system refuses: the exit status, the file that the message names, and what is left.
@Suite(.media) struct SystemFaultTests {
  private let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder()
    for name in ["a.mp4", "b.mp4"] {
      _ = try folder.make(
        name, "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=0.5", "-c:v", "libx264", "-g", "6",
        "-pix_fmt", "yuv420p")
    }
  }

  /// Commands that write, and the name that each is given.
  private static let writers: [(arguments: [String], output: String)] = [
    (["frame", "a.mp4", "--last"], "last.png"), (["thumbnails", "a.mp4", "--count", "2"], "thumbs"),
    (["sheet", "a.mp4", "--width", "320"], "sheet.png"), (["stitch", "a.mp4", "b.mp4"], "m.mp4"),
    (["deliver", "a.mp4", "--preset", "gif-preview"], "delivery"), (["review", "a.mp4"], "page"),
    (["review", "a.mp4", "b.mp4"], "shots"),
  ]

  /// Runs a shell script in which `$@` is the program, writing into the folder `$mount`.
  private func run(
    _ script: String, _ arguments: [String], output: String
  ) throws -> (result: OutsideProgram.Result, mount: String) {
    let mount = try folder.write("mount/empty", "").replacing("/empty", with: "")
    let command = [try LongtakeProgram.path()] + arguments + ["--quiet", "-o", "\(mount)/\(output)"]
    let result = try OutsideProgram.runAndWait(
      "unshare", MountNamespace.options + ["bash", "-c", "mount=$1; shift; \(script)", "bash", mount] + command,
      in: folder.url)
    return (result, mount)
  }

  @Test(.enabled(if: MountNamespace.isAllowed), arguments: writers)
  func aFullDiskEndsWith74(_ arguments: [String], output: String) throws {
    let script = """
      mount -t tmpfs -o size=64k none "$mount"; head -c 61440 /dev/zero >"$mount/.fill"
      "$@"; echo "ended with $?"; find "$mount" -type f ! -name .fill -printf 'left %P\\n'
      """
    let (result, mount) = try run(script, arguments, output: output)
    #expect(result.text.contains("ended with 74"), "\(result.text) \(result.errors)")
    #expect(!result.text.contains("left "), "\(result.text)")
    #expect(result.errors.contains(mount) && !result.errors.contains("/.longtake-"), "\(result.errors)")
  }

  @Test(.enabled(if: MountNamespace.isAllowed), arguments: writers)
  func aReadOnlyMountEndsWith73(_ arguments: [String], output: String) throws {
    let script = "mount -t tmpfs -o ro none \"$mount\"; \"$@\"; echo \"ended with $?\""
    let (result, mount) = try run(script, arguments, output: output)
    #expect(result.text.contains("ended with 73"), "\(result.text) \(result.errors)")
    #expect(result.errors.contains("\(mount)/\(output)"), "\(result.errors)")
  }

  @Test(arguments: [(SIGTERM, Int32(75)), (SIGINT, Int32(130)), (SIGKILL, -SIGKILL)])
  func aStoppedStitchLeavesNothing(_ number: Int32, status: Int32) async throws {
    // Takes seconds to encode, however late a busy machine lets the signal come.
    let shots = try (0..<2).map {
      try folder.make(
        "shot\($0).mp4", "-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=24:duration=3", "-c:v", "libx264",
        "-preset", "ultrafast", "-pix_fmt", "yuv420p")
    }
    let output = try folder.write("out/other", "").replacing("/other", with: "")
    let arguments = ["stitch", "--mode", "encode", "-o", "\(output)/m.mp4", "--quiet"] + shots
    let program = try LongtakeProgram.start(arguments, in: folder.url)
    let names = { try FileManager.default.contentsOfDirectory(atPath: output).filter { $0 != "other" } }
    while try names().isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    program.signal(number)
    let result = try await program.result()
    #expect(result.status == status, "\(result.errors)")
    #expect(!(try names().contains("m.mp4")))
    if number == SIGKILL {
      #expect(try !names().isEmpty)
      let other = ["frame", shots[0], "--first", "-o", "\(output)/first.png"]
      #expect(try await LongtakeProgram.run(other).status == 0)
    }
    #expect(try names() == (number == SIGKILL ? ["first.png"] : []))
  }

  @Test(arguments: ["a\nb", #"q'"o%03d"#, "-dash", "%d", "concat:a|b", "@list"])
  func namesAreTakenByteForByte(_ name: String) async throws {
    try FileManager.default.copyItem(atPath: folder.path("a.mp4"), toPath: folder.path(name + ".mp4"))
    let result = try await LongtakeProgram.run(
      ["stitch", "-o=\(name)-m.mp4", "--quiet", "--", "\(name).mp4", "b.mp4"], in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
    let frame = try await LongtakeProgram.run(
      ["frame", "--last", "-o=\(name).png", "--quiet", "--", "\(name)-m.mp4"], in: folder.url)
    #expect(frame.status == 0, "\(frame.errors)")
    for made in ["\(name)-m.mp4", "\(name).png"] {
      #expect(FileManager.default.fileExists(atPath: folder.path(made)), "\(made)")
    }
  }

  /// Longer than the system takes.
  @Test func aPathThatIsTooLongIsNamed() async throws {
    let long = folder.path(String(repeating: "d/", count: 2100) + "m")
    let named = folder.path(String(repeating: "n", count: 300))
    for (arguments, status) in [
      (["probe", long], Int32(66)), (["frame", "a.mp4", "--last", "-o", long + ".png"], 73),
      (["frame", "a.mp4", "--last", "-o", named + ".png"], 73),
      (["stitch", "a.mp4", "b.mp4", "-o", named + ".mp4"], 73),
    ] {
      let result = try await LongtakeProgram.run(arguments, in: folder.url)
      #expect(result.status == status, "\(result.errors.suffix(200))")
      #expect(result.errors.contains(arguments.last ?? ""))
    }
  }

  @Test(arguments: writers.filter { ["m.mp4", "delivery", "shots"].contains($0.output) })
  func noFolderForTemporaryFilesIsNeeded(_ arguments: [String], output: String) async throws {
    let result = try await LongtakeProgram.run(
      arguments + ["--quiet", "-o", folder.path(output)], environment: ["TMPDIR": "/nonexistent"], in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
  }
}
