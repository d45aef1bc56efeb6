import Hummingbird
import NIOCore

/// What a request carries along; with its connection, so that a fault can cut it.
struct SandboxContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
  }

  /// Ends the connection, whatever was still to be said on it.
  func cut() async { try? await channel.close(mode: .all).get() }
}
