import CLibav

/// Copies an `AVDictionary` into Swift; bytes that are no UTF-8 become U+FFFD.
func entries(of dictionary: OpaquePointer?) -> [String: String] {
  var result: [String: String] = [:]
  var entry: UnsafeMutablePointer<AVDictionaryEntry>?
  while let next = av_dict_get(dictionary, "", entry, AV_DICT_IGNORE_SUFFIX) {
    result[String(cString: next.pointee.key)] = String(cString: next.pointee.value)
    entry = next
  }
  return result
}

/// Runs `body` with an `AVDictionary` made of `options`, checks that libav took every one of them, and frees it.
func withOptions<R>(
  _ options: [String: String], for user: String, _ body: (inout OpaquePointer?) throws(LibavError) -> R
) throws(LibavError) -> R {
  var dictionary: OpaquePointer?
  defer { av_dict_free(&dictionary) }
  for (key, value) in options.sorted(by: { $0.key < $1.key }) {
    try check(av_dict_set(&dictionary, key, value, 0), "setting option \(key)")
  }
  let result = try body(&dictionary)
  let unused = entries(of: dictionary).keys.sorted()
  guard unused.isEmpty else {
    throw LibavError(.unsupported, "\(user) has no option \(unused.joined(separator: ", "))")
  }
  return result
}

func string(_ cString: UnsafePointer<CChar>?) -> String? { cString.map { String(cString: $0) } }
