import Presets

/// A tool that `mcp` offers, with the schema of its arguments.
enum Tool: String, CaseIterable {
  case plan, quote, run, status, verify, native, frame
  case joinSheet = "join_sheet"
  case stitch

  private static let storyboard: JSONValue = ["type": "string", "description": "Path of the storyboard, YAML or JSON."]
  private static let provider: JSONValue = [
    "type": "string", "enum": .array(["sandbox", "oxen", "fal"]),
    "description": "Overrides the storyboard's provider. sandbox is a free offline simulator.",
  ]
  private static let variables: JSONValue = [
    "type": "object", "additionalProperties": ["type": "string"],
    "description": "Values of the storyboard's variables by name, as text; the same for quote and run.",
  ]
  private static let files: JSONValue = [
    "type": "array", "items": ["type": "string"], "minItems": 1, "description": "Paths of media files.",
  ]

  private var title: String {
    switch self {
    case .plan: "Check a storyboard"
    case .quote: "Quote the price of a storyboard"
    case .run: "Make the master of a storyboard"
    case .status: "Show takes and costs"
    case .verify: "Verify deliverables"
    case .native: "Detect upscaled video"
    case .frame: "Get one exact frame"
    case .joinSheet: "Show the joins of a master"
    case .stitch: "Join shots"
    }
  }

  private var text: String {
    switch self {
    case .plan:
      "Checks a storyboard and lists its requests, length, cost and every mistake with its line. Sends nothing."
    case .quote:
      "The price of a storyboard and a token for run, valid for an hour and for exactly this content. Spends nothing. "
        + "Tell the user the price before you call run."
    case .run:
      "Generates, verifies and stitches the storyboard. SPENDS MONEY at oxen and fal, never more than max_cost_usd for "
        + "the whole workspace, including what it has paid already. Takes 5 to 15 minutes per shot there. Resumes: what "
        + "was paid is not paid again."
    case .status: "Every generation of a storyboard's workspace with its state, cost and file."
    case .verify: "Checks media files against a preset: verdict pass, warn or fail with findings."
    case .native: "Estimates whether videos have the resolution they claim or were upscaled, and from what size."
    case .frame: "One exact frame of a video as an image: last, first, a time or a frame number."
    case .joinSheet: "The joins of a master on one image: last and first frames on both sides."
    case .stitch: "Joins shots into one master without a seam and verifies it. Never overwrites a file."
    }
  }

  private var properties: [String: JSONValue] {
    switch self {
    case .plan, .quote:
      ["storyboard": Self.storyboard, "provider": Self.provider, "variables": Self.variables]
    case .run:
      [
        "storyboard": Self.storyboard, "variables": Self.variables,
        "token": ["type": "string", "description": "The token that quote returned for this storyboard."],
        "max_cost_usd": [
          "type": "number", "minimum": 0,
          "description": "Limit in US dollars that the user agreed to, for everything this workspace costs.",
        ],
      ]
    case .status: ["storyboard": Self.storyboard, "variables": Self.variables]
    case .verify:
      [
        "files": Self.files,
        "preset": ["type": "string", "description": "Name of a preset or path of one (default: uhd-4k)."],
      ]
    case .native: ["files": Self.files]
    case .frame:
      [
        "file": ["type": "string", "description": "Path of the video."],
        "at": [
          "type": "string",
          "description": "last, first, seconds such as 12.5, HH:MM:SS.mmm, or #123 for a frame number (default: last).",
        ],
        "output": [
          "type": "string",
          "description": "File to write, .png or .jpg; without it, a small JPEG is returned as an image.",
        ],
      ]
    case .joinSheet:
      [
        "file": ["type": "string", "description": "Path of the master."],
        "joins": [
          "type": "string", "description": "Report of stitch with the joins; without it, the master's chapters.",
        ],
      ]
    case .stitch:
      [
        "files": Self.files,
        "output": ["type": "string", "description": "The master: .mp4 or .mov; must not exist."],
        "overlap": [
          "type": "string", "description": "Frames to drop at each join: auto, keep or a number (default: auto).",
        ],
        "loudness": ["type": "number", "description": "Target loudness in LUFS, e.g. -16."],
      ]
    }
  }

  private var required: [String] {
    switch self {
    case .plan, .quote, .status: ["storyboard"]
    case .run: ["storyboard", "token", "max_cost_usd"]
    case .verify, .native: ["files"]
    case .frame, .joinSheet: ["file"]
    case .stitch: ["files", "output"]
    }
  }

  /// For `tools/list`.
  var description: JSONValue {
    [
      "name": .string(rawValue), "title": .string(title), "description": .string(text),
      "inputSchema": [
        "type": "object", "properties": .object(properties), "required": .array(required.map { .string($0) }),
        "additionalProperties": false,
      ],
      "annotations": [
        "readOnlyHint": .bool(self != .run && self != .stitch && self != .frame), "destructiveHint": false,
        "openWorldHint": .bool(self == .run),
      ],
    ]
  }

  private static func isText(_ value: JSONValue, among known: [JSONValue]?) -> Bool {
    guard let text = value.stringValue, !text.isEmpty, !text.contains("\0") else { return false }
    return known?.contains(value) ?? true
  }

  private static func isAssignment(_ name: String, _ value: JSONValue) -> Bool {
    guard let text = value.stringValue else { return false }
    return !name.isEmpty && !name.contains("=") && !(name + text).contains("\0")
  }

  /// What is wrong with arguments; nil when they can be used.
  func problem(with arguments: JSONValue) -> String? {
    guard let members = arguments.objectValue else { return "the arguments must be an object" }
    if let name = required.first(where: { members[$0] == nil }) { return "'\(name)' is missing" }
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      guard let schema = properties[name] else {
        return "there is no argument '\(name)'. \(suggestion(for: name, among: properties.keys.sorted()))"
      }
      let isGood =
        switch schema["type"]?.stringValue {
        case "string":
          Self.isText(value, among: schema["enum"]?.arrayValue)
        case "number": value.doubleValue.map { $0 >= (schema["minimum"]?.doubleValue ?? -.infinity) } ?? false
        case "array":
          value.arrayValue.map { !$0.isEmpty && $0.allSatisfy { $0.stringValue?.isEmpty == false } } ?? false
        case "object": value.objectValue.map { $0.allSatisfy(Self.isAssignment) } ?? false
        default: true
        }
      guard isGood else {
        return "'\(name)' cannot be this: \(schema["description"]?.stringValue ?? "see the tool's schema")"
      }
    }
    return nil
  }
}
