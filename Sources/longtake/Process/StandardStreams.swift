import Foundation

/// Stdin, stdout and stderr.
enum StandardStreams {
  /// Opens those that the caller has closed (`>&-`) on `/dev/null`: the next file opened would otherwise take the place
  /// of stdout, and receive the answer.
  static func openClosed() {
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
      let null = open("/dev/null", O_RDWR)
      if null >= 0, null != stream {
        dup2(null, stream)
        close(null)
      }
    }
  }
}
