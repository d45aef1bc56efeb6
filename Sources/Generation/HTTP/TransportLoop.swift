import CCurl
import Files
import Foundation
import HTTPTypes
import Synchronization

/// The transport's thread: sockets, timers and libcurl's callbacks.
final class TransportLoop {
  /// Seconds that an idle connection is kept.
  private static let idleSeconds = 20
  private static let connectSeconds = 15
  /// Seconds of silence after which the system probes a connection: a blocking generation is silent for minutes, and
  /// routers forget silent connections.
  private static let keepAliveSeconds = 45

  private let queue: TransportQueue
  private let network: NetworkSettings
  private let clock = ContinuousClock()
  private var exchanges: [UnsafeMutableRawPointer: Transfer] = [:]
  private var handles: [ObjectIdentifier: UnsafeMutableRawPointer] = [:]
  private var sockets: [Int32: Int16] = [:]
  private var timer: ContinuousClock.Instant?

  private struct Transfer {
    let exchange: Exchange
    let headers: UnsafeMutablePointer<curl_slist>?
    let error: UnsafeMutablePointer<CChar>
    let deadline: ContinuousClock.Instant
  }

  private static let isReady: Bool = {
    // libcurl uses libcrypto.
    CryptoLibrary.prepare()
    return curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
  }()

  init(_ queue: TransportQueue, _ network: NetworkSettings) {
    self.queue = queue
    self.network = network
  }

  func run() {
    guard Self.isReady, let multi = curl_multi_init() else { return close() }
    lt_curl_set_multi_callbacks(
      multi, Unmanaged.passUnretained(self).toOpaque(),
      { _, socket, what, context, _ in
        TransportLoop.from(context).watch(socket, what)
        return 0
      },
      { _, milliseconds, context in
        let loop = TransportLoop.from(context)
        loop.timer = milliseconds < 0 ? nil : loop.clock.now + .milliseconds(milliseconds)
        return 0
      })
    defer { curl_multi_cleanup(multi) }
    var isOpen = true
    while isOpen {
      for command in queue.take() {
        switch command {
        case .start(let exchange): start(exchange, multi)
        case .resume(let exchange):
          if let easy = handles[ObjectIdentifier(exchange)] { curl_easy_pause(easy, CURLPAUSE_CONT) }
        case .cancel(let exchange):
          // A command that overtook its start ends the exchange when that comes.
          if let easy = handles[ObjectIdentifier(exchange)] { remove(easy, multi) }
          exchange.endCancelled()
        case .close: isOpen = false
        }
      }
      guard isOpen else { break }
      wait(multi)
      endFinished(multi)
      endLate(multi)
    }
    for easy in exchanges.keys {
      let exchange = remove(easy, multi)
      exchange?.end(.closed)
    }
    close()
  }

  private func close() {
    for command in queue.close() { if case .start(let exchange) = command { exchange.end(.closed) } }
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> TransportLoop {
    // libcurl gives back the pointer that was set with the callback.
    Unmanaged<TransportLoop>.fromOpaque(context.unsafelyUnwrapped).takeUnretainedValue()
  }

  private func watch(_ socket: Int32, _ what: Int32) {
    switch what {
    case CURL_POLL_IN: sockets[socket] = Int16(POLLIN)
    case CURL_POLL_OUT: sockets[socket] = Int16(POLLOUT)
    case CURL_POLL_INOUT: sockets[socket] = Int16(POLLIN | POLLOUT)
    default: sockets[socket] = nil
    }
  }

  private func wait(_ multi: UnsafeMutableRawPointer) {
    var entries = [pollfd(fd: queue.wakeRead, events: Int16(POLLIN), revents: 0)]
    entries += sockets.map { pollfd(fd: $0.key, events: $0.value, revents: 0) }
    let deadlines = exchanges.values.lazy.filter { !$0.exchange.hasHead }.map(\.deadline)
    let next = (timer.map { [$0] } ?? []) + (deadlines.min().map { [$0] } ?? [])
    var milliseconds: Int32 = -1
    if let next = next.min() {
      let left = (next - clock.now) / .milliseconds(1)
      milliseconds = Int32(min(max(left.rounded(.up), 0), 60_000))
    }
    let count = poll(&entries, nfds_t(entries.count), milliseconds)
    var running: Int32 = 0
    if count > 0 {
      if entries[0].revents != 0 { drainWakes() }
      for entry in entries.dropFirst() where entry.revents != 0 {
        var mask: Int32 = 0
        if entry.revents & Int16(POLLIN | POLLHUP) != 0 { mask |= CURL_CSELECT_IN }
        if entry.revents & Int16(POLLOUT) != 0 { mask |= CURL_CSELECT_OUT }
        if entry.revents & Int16(POLLERR | POLLNVAL) != 0 { mask |= CURL_CSELECT_ERR }
        curl_multi_socket_action(multi, entry.fd, mask, &running)
      }
    }
    if let timer, timer <= clock.now {
      self.timer = nil
      curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
    }
  }

  private func drainWakes() {
    var bytes = [UInt8](repeating: 0, count: 256)
    while Foundation.read(queue.wakeRead, &bytes, bytes.count) == bytes.count {}
  }

  private func endFinished(_ multi: UnsafeMutableRawPointer) {
    var easy: UnsafeMutableRawPointer?
    var result = CURLE_OK
    while lt_curl_next_ended(multi, &easy, &result) != 0 {
      guard let handle = easy, let transfer = exchanges[handle] else { continue }
      let detail = String(cString: transfer.error)
      remove(handle, multi)
      let error = TransportError(
        kind: result == CURLE_OPERATION_TIMEDOUT ? .timedOut : .failed,
        description: detail.isEmpty ? String(cString: curl_easy_strerror(result)) : detail)
      transfer.exchange.end(result == CURLE_OK ? nil : error)
    }
  }

  private func endLate(_ multi: UnsafeMutableRawPointer) {
    let now = clock.now
    for (easy, transfer) in exchanges where transfer.deadline <= now && !transfer.exchange.hasHead {
      remove(easy, multi)
      transfer.exchange.end(TransportError(kind: .timedOut, description: "no response in time"))
    }
  }

  @discardableResult
  private func remove(_ easy: UnsafeMutableRawPointer, _ multi: UnsafeMutableRawPointer) -> Exchange? {
    guard let transfer = exchanges.removeValue(forKey: easy) else { return nil }
    handles[ObjectIdentifier(transfer.exchange)] = nil
    curl_multi_remove_handle(multi, easy)
    curl_easy_cleanup(easy)
    curl_slist_free_all(transfer.headers)
    transfer.error.deallocate()
    return transfer.exchange
  }

  private func start(_ exchange: Exchange, _ multi: UnsafeMutableRawPointer) {
    guard !exchange.hasEnded else { return }
    guard let easy = curl_easy_init() else {
      return exchange.end(TransportError(kind: .failed, description: "out of memory"))
    }
    let request = exchange.request
    let error = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    error.pointee = 0
    let headers = Self.headers(of: request)
    exchanges[easy] = Transfer(
      exchange: exchange, headers: headers, error: error, deadline: clock.now + request.headTimeout)
    handles[ObjectIdentifier(exchange)] = easy
    lt_curl_set_buffer(easy, CURLOPT_ERRORBUFFER, error)
    configure(easy, request, headers, exchange)
    guard curl_multi_add_handle(multi, easy) == CURLM_OK else {
      remove(easy, multi)
      return exchange.end(TransportError(kind: .failed, description: "the request cannot be started"))
    }
  }

  private func configure(
    _ easy: UnsafeMutableRawPointer, _ request: TransportRequest, _ headers: UnsafeMutablePointer<curl_slist>?,
    _ exchange: Exchange
  ) {
    lt_curl_set_string(easy, CURLOPT_URL, request.url)
    lt_curl_set_long(easy, CURLOPT_PATH_AS_IS, 1)
    lt_curl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
    lt_curl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    lt_curl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
    lt_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
    lt_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT, Self.connectSeconds)
    lt_curl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
    lt_curl_set_long(easy, CURLOPT_TCP_KEEPIDLE, Self.keepAliveSeconds)
    lt_curl_set_long(easy, CURLOPT_MAXAGE_CONN, Self.idleSeconds)
    lt_curl_set_long(easy, CURLOPT_BUFFERSIZE, 64 << 10)
    setNetwork(easy, request)
    if request.usesFreshConnection {
      lt_curl_set_long(easy, CURLOPT_FRESH_CONNECT, 1)
      lt_curl_set_long(easy, CURLOPT_FORBID_REUSE, 1)
    }
    lt_curl_set_list(easy, CURLOPT_HTTPHEADER, headers)
    setMethod(easy, request)
    lt_curl_set_callbacks(
      easy, Unmanaged.passUnretained(exchange).toOpaque(),
      { bytes, size, count, context in
        let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
        TransportLoop.exchange(context).receiveHeader(String(decoding: line, as: UTF8.self))
        return size * count
      },
      { bytes, size, count, context in
        let block = UnsafeRawBufferPointer(start: bytes, count: size * count)
        return TransportLoop.exchange(context).receive(block) ? size * count : Int(CURL_WRITEFUNC_PAUSE)
      },
      { bytes, size, count, context in
        let buffer = UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
        return TransportLoop.exchange(context).send(into: buffer) ?? Int(CURL_READFUNC_ABORT)
      },
      { context, offset, origin in
        offset == 0 && origin == SEEK_SET && TransportLoop.exchange(context).rewind()
          ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
      })
  }

  private func setNetwork(_ easy: UnsafeMutableRawPointer, _ request: TransportRequest) {
    // An empty text also keeps libcurl from reading the environment, in which it ignores HTTP_PROXY.
    lt_curl_set_string(easy, CURLOPT_PROXY, network.proxy(for: request.url) ?? "")
    lt_curl_set_string(easy, CURLOPT_NOPROXY, network.hostsWithoutProxy)
    // The head of a proxy's answer is not the response.
    lt_curl_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    guard let file = network.certificateFile else { return }
    lt_curl_set_string(easy, CURLOPT_CAINFO, file)
    lt_curl_set_string(easy, CURLOPT_PROXY_CAINFO, file)
  }

  private func setMethod(_ easy: UnsafeMutableRawPointer, _ request: TransportRequest) {
    let size = curl_off_t(request.body?.bytes.count ?? 0)
    switch request.method {
    case .get: lt_curl_set_long(easy, CURLOPT_HTTPGET, 1)
    case .head: lt_curl_set_long(easy, CURLOPT_NOBODY, 1)
    case .post:
      lt_curl_set_long(easy, CURLOPT_POST, 1)
      lt_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, size)
    default:
      if request.body != nil || request.method == .put {
        lt_curl_set_long(easy, CURLOPT_UPLOAD, 1)
        lt_curl_set_size(easy, CURLOPT_INFILESIZE_LARGE, size)
      }
      lt_curl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    }
  }

  private static func exchange(_ context: UnsafeMutableRawPointer?) -> Exchange {
    // libcurl gives back the pointer that was set with the callback; the transfer keeps the exchange alive.
    Unmanaged<Exchange>.fromOpaque(context.unsafelyUnwrapped).takeUnretainedValue()
  }

  /// The request's fields; those that libcurl would add by itself are left out.
  private static func headers(of request: TransportRequest) -> UnsafeMutablePointer<curl_slist>? {
    var lines = request.headers.map { $0.value.isEmpty ? "\($0.name.rawName);" : "\($0.name.rawName): \($0.value)" }
    lines.append("Expect:")
    if request.headers[.accept] == nil { lines.append("Accept:") }
    if request.headers[.contentType] == nil { lines.append("Content-Type:") }
    return lines.reduce(nil) { curl_slist_append($0, $1) }
  }
}
