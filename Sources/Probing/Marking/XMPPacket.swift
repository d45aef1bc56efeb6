import Files

/// The properties of an XMP packet (ISO 16684-1) that mark generated media.
public struct XMPPacket: Sendable, Hashable {
  /// IPTC Extension: DigitalSourceType.
  public var sourceType: DigitalSourceType?
  public var creatorTool: String?
  /// ISO 8601.
  public var createDate: String?
  public var title: String?
  /// IPTC Extension: AISystemUsed.
  public var systems: String?
  /// IPTC Extension: AIPromptInformation.
  public var promptInformation: String?
  /// The JSON object, under TC260's own name.
  public var aigc: String?
  /// Files that it was made of.
  public var ingredients: [(file: String, instance: String?)] = []

  public init() {}

  public static func == (a: XMPPacket, b: XMPPacket) -> Bool { a.text == b.text }
  public func hash(into hasher: inout Hasher) { hasher.combine(text) }

  /// Reads a packet; properties as elements and as attributes.
  public init(_ text: String) {
    let properties = XMPProperties(text)
    sourceType = properties["DigitalSourceType"].flatMap { DigitalSourceType($0) }
    creatorTool = properties["CreatorTool"]
    createDate = properties["CreateDate"]
    systems = properties["AISystemUsed"]
    promptInformation = properties["AIPromptInformation"]
    aigc = properties["AIGC"]
  }

  /// The whole packet.
  public var text: String {
    var lines = [
      "<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>",
      "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">",
      "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">", "<rdf:Description rdf:about=\"\"",
    ]
    lines += Self.namespaces.map { " xmlns:\($0)=\"\($1)\"" }
    lines[lines.count - 1] += ">"
    let simple = [
      ("xmp:CreatorTool", creatorTool), ("xmp:CreateDate", createDate),
      ("Iptc4xmpExt:DigitalSourceType", sourceType?.uri), ("Iptc4xmpExt:AISystemUsed", systems),
      ("Iptc4xmpExt:AIPromptInformation", promptInformation), ("TC260:AIGC", aigc),
    ]
    for case (let name, let value?) in simple { lines.append("<\(name)>\(XMLOutput.escaped(value))</\(name)>") }
    if let title {
      lines.append(
        "<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">\(XMLOutput.escaped(title))</rdf:li></rdf:Alt></dc:title>")
    }
    if !ingredients.isEmpty {
      lines.append("<xmpMM:Ingredients><rdf:Bag>")
      for item in ingredients {
        let instance = item.instance.map { "<stRef:instanceID>\(XMLOutput.escaped($0))</stRef:instanceID>" } ?? ""
        lines.append(
          "<rdf:li rdf:parseType=\"Resource\"><stRef:filePath>\(XMLOutput.escaped(item.file))</stRef:filePath>\(instance)</rdf:li>"
        )
      }
      lines.append("</rdf:Bag></xmpMM:Ingredients>")
    }
    lines += ["</rdf:Description>", "</rdf:RDF>", "</x:xmpmeta>", "<?xpacket end=\"w\"?>"]
    return lines.joined(separator: "\n")
  }

  private static let namespaces = [
    ("xmp", "http://ns.adobe.com/xap/1.0/"), ("dc", "http://purl.org/dc/elements/1.1/"),
    ("Iptc4xmpExt", "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"),
    ("xmpMM", "http://ns.adobe.com/xap/1.0/mm/"), ("stRef", "http://ns.adobe.com/xap/1.0/sType/ResourceRef#"),
    ("TC260", "http://www.tc260.org.cn/ns/AIGC/1.0/"),
  ]
}

/// Looks up simple properties of an XMP packet by their local names, as elements or attributes.
private struct XMPProperties {
  private let text: String

  init(_ text: String) { self.text = text }

  subscript(name: String) -> String? {
    for marker in [":\(name)>", ":\(name) "] {
      if let start = text.firstRange(of: marker),
        let value = element(after: start.upperBound, isOpen: marker.hasSuffix(">"))
      {
        return value
      }
    }
    for quote in ["\"", "'"] {
      if let start = text.firstRange(of: ":\(name)=\(quote)"),
        let end = text[start.upperBound...].firstRange(of: quote)
      {
        return Self.unescaped(text[start.upperBound..<end.lowerBound])
      }
    }
    return nil
  }

  /// The text of an element, or the address that its `rdf:resource` names.
  private func element(after start: String.Index, isOpen: Bool) -> String? {
    var content = text[start...]
    if !isOpen {
      guard let close = content.firstRange(of: ">") else { return nil }
      let attributes = content[..<close.lowerBound]
      if let resource = attributes.firstRange(of: "rdf:resource=\""),
        let end = attributes[resource.upperBound...].firstRange(of: "\"")
      {
        return Self.unescaped(attributes[resource.upperBound..<end.lowerBound])
      }
      content = content[close.upperBound...]
    }
    guard let end = content.firstRange(of: "<") else { return nil }
    return Self.unescaped(content[..<end.lowerBound])
  }

  private static func unescaped(_ text: Substring) -> String {
    [
      ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&apos;", "'"), ("&#39;", "'"),
      ("&#13;", "\r"), ("&amp;", "&"),
    ]
    .reduce(String(text)) { $0.replacing($1.0, with: $1.1) }
  }
}

extension XMPPacket {
  /// The packet as a box of an MP4 or MOV file (ISO 16684-3, 1.1.5.2).
  public var movieBox: [UInt8] {
    let content = Array("uuid".utf8) + MovieBoxes.xmpType + Array(text.utf8)
    return withUnsafeBytes(of: UInt32(content.count + 4).bigEndian) { Array($0) } + content
  }
}
