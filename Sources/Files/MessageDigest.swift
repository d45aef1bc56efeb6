public import Foundation

#if canImport(CryptoKit)
  import CryptoKit
#else
  import CCrypto
#endif

/// A digest that grows with the bytes it is given (`EVP_Digest*` of libcrypto; CryptoKit on Apple's systems).
///
/// Not `Sendable`: it owns one digest context.
public final class MessageDigest {
  public enum Algorithm: Sendable {
    /// FIPS 180-4.
    case sha256
    /// RFC 1321; only to compare with what a server names, never for security.
    case md5
  }

  #if canImport(CryptoKit)
    private enum State {
      case sha256(SHA256)
      case md5(Insecure.MD5)
    }
    private var state: State

    public init(_ algorithm: Algorithm = .sha256) {
      switch algorithm {
      case .sha256: state = .sha256(SHA256())
      case .md5: state = .md5(Insecure.MD5())
      }
    }

    public func update(_ bytes: UnsafeRawBufferPointer) {
      switch state {
      case .sha256(var hash):
        hash.update(bufferPointer: bytes)
        state = .sha256(hash)
      case .md5(var hash):
        hash.update(bufferPointer: bytes)
        state = .md5(hash)
      }
    }

    /// The digest of everything so far; more may follow.
    public var bytes: [UInt8] {
      switch state {
      case .sha256(let hash): Array(hash.finalize())
      case .md5(let hash): Array(hash.finalize())
      }
    }
  #else
    /// An `EVP_MD_CTX` of libcrypto.
    private let context: OpaquePointer

    /// Without memory for 48 bytes nothing else can go on, so that a digest does not throw.
    private static func makeContext() -> OpaquePointer {
      CryptoLibrary.prepare()
      guard let context = EVP_MD_CTX_new() else { preconditionFailure("libcrypto has no memory for a digest") }
      return context
    }

    public init(_ algorithm: Algorithm = .sha256) {
      let context = Self.makeContext()
      let kind = algorithm == .sha256 ? EVP_sha256() : EVP_md5()
      precondition(EVP_DigestInit_ex(context, kind, nil) == 1, "libcrypto lacks \(algorithm)")
      self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    public func update(_ bytes: UnsafeRawBufferPointer) {
      guard let start = bytes.baseAddress else { return }
      _ = EVP_DigestUpdate(context, start, bytes.count)
    }

    /// The digest of everything so far; more may follow.
    public var bytes: [UInt8] {
      let copy = Self.makeContext()
      defer { EVP_MD_CTX_free(copy) }
      var result = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
      var count: UInt32 = 0
      precondition(
        EVP_MD_CTX_copy_ex(copy, context) == 1 && EVP_DigestFinal_ex(copy, &result, &count) == 1,
        "libcrypto cannot finish a digest")
      return Array(result.prefix(Int(count)))
    }
  #endif

  public func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  public func update(_ bytes: ArraySlice<UInt8>) { bytes.withUnsafeBytes { update($0) } }

  public func update(_ data: Data) { data.withUnsafeBytes { update($0) } }

  public func update(_ text: String) { update(Array(text.utf8)) }

  /// ``bytes`` in lower-case hexadecimal.
  public var hexadecimal: String { Self.hexadecimal(bytes) }

  /// Lower-case hexadecimal digits of bytes.
  public static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

/// SHA-256 of whole values, lower-case hexadecimal.
public enum SHA256Text {
  /// Bytes of a file read at a time.
  private static let block = 1 << 20

  public static func of(_ text: String) -> String { of(Array(text.utf8)) }

  public static func of(_ bytes: [UInt8]) -> String {
    let digest = MessageDigest()
    digest.update(bytes)
    return digest.hexadecimal
  }

  public static func of(_ data: Data) -> String {
    let digest = MessageDigest()
    digest.update(data)
    return digest.hexadecimal
  }

  /// Of a file's content, with its size in bytes; stops between blocks when the task is cancelled.
  /// - Throws: Foundation's read errors, `CancellationError`.
  public static func ofFile(_ path: String) throws -> (sha256: String, bytes: Int64) {
    let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    defer { try? handle.close() }
    let digest = MessageDigest()
    var count: Int64 = 0
    while let bytes = try handle.read(upToCount: block), !bytes.isEmpty {
      try Task.checkCancellation()
      digest.update(bytes)
      count += Int64(bytes.count)
    }
    return (digest.hexadecimal, count)
  }
}

/// HMAC with SHA-256 (RFC 2104).
public struct MessageAuthentication: Sendable {
  private let key: [UInt8]

  /// With a new random key of 256 bits.
  public init() {
    var random = SystemRandomNumberGenerator()
    key = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  public init(key: [UInt8]) { self.key = key }

  /// The code of a message, 32 bytes.
  public func code(of message: [UInt8]) -> [UInt8] {
    #if canImport(CryptoKit)
      return Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
    #else
      var result = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
      var count: UInt32 = 0
      let made = HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &result, &count)
      precondition(made != nil, "libcrypto cannot authenticate a message")
      return Array(result.prefix(Int(count)))
    #endif
  }

  /// Whether a code belongs to a message; takes the same time wherever they differ.
  public func accepts(_ code: [UInt8], for message: [UInt8]) -> Bool {
    let expected = self.code(of: message)
    guard code.count == expected.count else { return false }
    return zip(code, expected).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}

/// The system's libcrypto.
package enum CryptoLibrary {
  #if canImport(CryptoKit)
    package static func prepare() {}
  #else
    private static let isReady = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) == 1

    /// Keeps libcrypto from cleaning up when the process exits: a thread that ends at the same moment would find its tables
    /// gone and crash. Counts only before anything else has used it.
    package static func prepare() { _ = isReady }
  #endif
}
