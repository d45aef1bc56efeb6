import CFuzzer
import FuzzTargets
import Glibc

/// Runs libFuzzer on the target named first; the rest are libFuzzer's own arguments. Merging starts the program again without
/// the name, which is in the environment then.
let variable = "LONGTAKE_FUZZ_TARGET"
let named = CommandLine.arguments.dropFirst().first.flatMap { FuzzTarget(rawValue: $0) }
let inherited = getenv(variable).flatMap { FuzzTarget(rawValue: String(cString: $0)) }
guard let target = named ?? inherited else {
  print("usage: fuzz \(FuzzTarget.allCases.map(\.rawValue).joined(separator: "|")) [OPTIONS] [CORPUS…]")
  exit(64)
}
FuzzTarget.limitMedia()
setenv(variable, target.rawValue, 1)

/// libFuzzer calls a plain function, which cannot capture the target.
nonisolated func runOne(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  guard let name = getenv("LONGTAKE_FUZZ_TARGET"), let target = FuzzTarget(rawValue: String(cString: name)) else {
    abort()
  }
  do {
    try target.run([UInt8](UnsafeBufferPointer(start: data, count: size)))
  } catch {
    print("\(error)")
    abort()
  }
  return 0
}

var arguments: [UnsafeMutablePointer<CChar>?] =
  ([CommandLine.arguments[0]] + CommandLine.arguments.dropFirst(named == nil ? 1 : 2)).map { strdup($0) } + [nil]
var count = Int32(arguments.count - 1)
let status = arguments.withUnsafeMutableBufferPointer { buffer -> Int32 in
  var base = buffer.baseAddress
  return LLVMFuzzerRunDriver(&count, &base, { runOne($0, $1) })
}
exit(status)
