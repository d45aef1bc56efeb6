/// A value of the timeline's JSON.
indirect enum OTIONode: Encodable, ExpressibleByDictionaryLiteral, ExpressibleByStringLiteral {
  case object([String: OTIONode])
  case list([OTIONode])
  case text(String)
  case number(Double)
  case flag(Bool)
  case null

  init(dictionaryLiteral elements: (String, OTIONode)...) {
    self = .object(Dictionary(elements) { _, last in last })
  }

  init(stringLiteral value: String) { self = .text(value) }

  func encode(to encoder: any Swift.Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .object(let members): try value.encode(members)
    case .list(let items): try value.encode(items)
    case .text(let text): try value.encode(text)
    case .number(let number): try value.encode(number)
    case .flag(let flag): try value.encode(flag)
    case .null: try value.encodeNil()
    }
  }
}
