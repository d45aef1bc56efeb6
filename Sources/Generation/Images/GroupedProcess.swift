import Foundation

/// A program that leads a process group of its own, so that all it starts can be ended with it.
///
/// `Process` is told of a program's end only when everything that it started has ended, too.
struct GroupedProcess: Sendable {
  /// How long the group may take to end when it is asked to.
  private static let grace: Duration = .seconds(2)
  private static let look: Duration = .milliseconds(20)
  /// Signals that this program ignores or handles, and the other one must not.
  private static let signals = [SIGINT, SIGTERM, SIGPIPE, SIGXFSZ]

  private let id: pid_t

  /// Starts a program without standard input.
  /// - Parameters:
  ///   - output: file for its standard output; it is replaced.
  ///   - errors: file for its standard error.
  /// - Throws: ``GenerationError`` `localFile`.
  init(
    _ program: String, _ arguments: [String], environment: [String: String], output: String, errors: String
  ) throws {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #else
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    for (descriptor, path) in [(STDOUT_FILENO, output), (STDERR_FILENO, errors)] {
      posix_spawn_file_actions_addopen(&actions, descriptor, path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    }
    var reset = sigset_t()
    sigemptyset(&reset)
    for signal in Self.signals { sigaddset(&reset, signal) }
    posix_spawnattr_setsigdefault(&attributes, &reset)
    var unblocked = sigset_t()
    sigemptyset(&unblocked)
    posix_spawnattr_setsigmask(&attributes, &unblocked)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") }
    defer { for text in words + variables { free(text) } }
    words.append(nil)
    variables.append(nil)
    var id: pid_t = 0
    let status = posix_spawn(&id, program, &actions, &attributes, words, variables)
    guard status == 0 else {
      throw GenerationError(.localFile, "Cannot start \(program): \(String(cString: strerror(status))).")
    }
    self.id = id
  }

  /// Waits for the program's end, not for that of what it started.
  /// - Returns: its exit status, or minus the signal that ended it. At once when the task is cancelled.
  func status() async throws -> Int32 {
    let (statuses, continuation) = AsyncStream.makeStream(of: Int32.self)
    let id = id
    Thread.detachNewThread {
      var status: Int32 = 0
      while waitpid(id, &status, 0) < 0, errno == EINTR {}
      continuation.yield(status & 0x7F == 0 ? (status >> 8) & 0xFF : -(status & 0x7F))
      continuation.finish()
    }
    for await status in statuses { return status }
    throw CancellationError()
  }

  /// Ends every process of the group, also when the task is cancelled.
  func endGroup() async {
    let id = id
    guard kill(-id, SIGTERM) == 0 else { return }
    await Task.detached {
      let clock = ContinuousClock()
      let deadline = clock.now + Self.grace
      while kill(-id, 0) == 0, clock.now < deadline { try? await clock.sleep(for: Self.look) }
      kill(-id, SIGKILL)
    }.value
  }
}
