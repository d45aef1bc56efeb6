import Presets

extension SandboxModel {
  /// The model object, as the hub publishes its form.
  var json: JSONValue {
    [
      "id": .string(id), "object": "model", "created": 1_785_000_000, "owned_by": "longtake-sandbox",
      "display_name": .string(title),
      "description": .string(
        "Simulator of \(title) in the longtake sandbox: renders a scene from the prompt's words. No model runs."),
      "summary": "longtake sandbox: a simulator, not a model", "model_type": "base", "endpoint": "/videos/generate",
      "capabilities": ["input": .array(inputs), "output": ["video"]],
      "pricing": dollarsPerSecond.map { ["method": "time", "cost_per_second": .number($0)] } ?? .object([:]),
      "fine_tuning": .null, "deployments": [], "developer": ["name": .string(developer)], "source_model": .null,
      "image_url": .null, "released_at": .null, "request_schema": requestSchema,
    ]
  }

  private var inputs: [JSONValue] { names.startImage == nil ? ["text"] : ["text", "image"] }

  /// A JSON Schema of the request's parameters.
  private var requestSchema: JSONValue {
    var properties: [String: JSONValue] = [
      "duration": [
        "type": "integer", "default": .integer(Int64(standardSeconds)),
        "minimum": .integer(Int64(seconds.lowerBound)), "maximum": .integer(Int64(seconds.upperBound)),
      ],
      "negative_prompt": ["type": "string"], "seed": ["type": "integer"],
      "response_format": ["type": "string", "enum": ["url", "b64_json"], "default": "url"],
    ]
    var prompt: [String: JSONValue] = ["type": "string"]
    if let promptCharacters { prompt["maxLength"] = .integer(Int64(promptCharacters)) }
    properties["prompt"] = .object(prompt)
    if let onlySeconds {
      properties["duration"] = [
        "type": "integer", "default": .integer(Int64(standardSeconds)),
        "enum": .array(onlySeconds.sorted().map { .integer(Int64($0)) }),
      ]
    }
    if let name = names.startImage { properties[name] = ["type": "string", "format": "uri"] }
    if let name = names.endImage { properties[name] = ["type": "string", "format": "uri"] }
    if let name = names.references {
      properties[name] = ["type": "array", "items": ["type": "string", "format": "uri"]]
    }
    if let name = names.elements { properties[name] = Self.elementSchema }
    if let name = names.multiPrompt {
      properties[name] = [
        "type": "array", "minItems": 1, "maxItems": .integer(Int64(shots)),
        "items": [
          "type": "object", "required": ["prompt"],
          "properties": ["prompt": .object(prompt), "duration": ["type": "integer", "minimum": 1]],
        ],
      ]
    }
    if let name = names.aspectRatio {
      properties[name] = ["type": "string", "enum": .array(aspectRatios.map { .string($0) }), "default": "16:9"]
    }
    if let name = names.audio { properties[name] = ["type": "boolean", "default": false] }
    if let name = names.resolution {
      properties[name] = [
        "type": "string", "enum": .array(resolutions.keys.sorted().map { .string($0) }),
        "default": .string(standardResolution),
      ]
    }
    return ["type": "object", "properties": .object(properties), "required": []]
  }

  private static let elementSchema: JSONValue = [
    "type": "array",
    "items": [
      "type": "object", "required": ["frontal_image_url"],
      "properties": [
        "frontal_image_url": ["type": "string", "format": "uri"],
        "reference_image_urls": ["type": "array", "maxItems": 3, "items": ["type": "string", "format": "uri"]],
      ],
    ],
  ]
}
