import Foundation
import Support
import Testing

/// `longtake mcp`, with the official Python client and by hand.
@Suite struct ToolServerTests {
  private static let python = ProjectFiles.path(".build/mcp-client/bin/python3")
  private static let clientIsInstalled = FileManager.default.isExecutableFile(atPath: python)

  @Test(
    .enabled(
      if: clientIsInstalled,
      "the official client is not installed; scripts/setup --tests installs it where PyPI can be reached"))
  func theOfficialClientGoesFromPlanToMaster() async throws {
    let fixture = try SmallStoryboard(
      shots: "  - id: one\n    prompt: A quay.\n  - id: two\n    prompt: A boat.", extra: "provider: sandbox",
      seconds: 1)
    let clip = try fixture.clip(seconds: 1)
    let check = ProjectFiles.path("Tests/Support/mcp_client_check.py")
    let result = try await OutsideProgram.run(
      Self.python, [check, LongtakeProgram.path(), fixture.folder.path, fixture.storyboard, clip, fixture.presets])
    #expect(result.status == 0, "\(result.errors)")
    let seen = try #require(try JSONSerialization.jsonObject(with: result.output) as? [String: Any])
    func answer(_ name: String) -> (isError: Bool, text: String, value: [String: Any]) {
      let answer = seen[name] as? [String: Any] ?? [:]
      return (
        answer["error"] as? Bool ?? true, answer["text"] as? String ?? "", answer["value"] as? [String: Any] ?? [:]
      )
    }
    #expect(seen["server"] as? String == "longtake")
    #expect(
      seen["tools"] as? [String]
        == ["frame", "join_sheet", "native", "plan", "quote", "run", "status", "stitch", "verify"])
    #expect(seen["before"] as? Int == 0)
    #expect(answer("plan").value["schema"] as? String == "longtake.plan/1")
    #expect(answer("unquoted").isError && answer("unquoted").text.contains("call quote first"))
    #expect(answer("typo").isError && answer("typo").text.contains("storyboard"))
    #expect(answer("limitless").isError && answer("limitless").text.contains("'max_cost_usd' is missing"))
    #expect(!answer("run").isError, "\(answer("run").text)")
    #expect(answer("run").value["schema"] as? String == "longtake.run/1")
    let progress = (seen["progress"] as? [[Any]] ?? []).compactMap { $0.last as? String }
    #expect(progress.contains { $0.hasPrefix("one: done") }, "\(progress)")
    #expect((answer("status").value["results"] as? [Any])?.count == 2)
    #expect(answer("changed").isError && answer("changed").text.contains("changed since the quote"))
    #expect(!answer("verify").isError && answer("verify").value["verdict"] as? String == "pass")
    // A verdict is an answer, not an error.
    #expect(!answer("fails").isError && answer("fails").value["verdict"] as? String == "fail")
    #expect(answer("native").value["schema"] as? String == "longtake.native/1")
    for image in ["frame", "sheet"] {
      #expect((seen[image] as? [String: Any])?["kinds"] as? [String] == ["text", "image"], "\(answer(image).text)")
    }
    #expect(answer("frame").value["index"] as? Int == 3)
    #expect(!answer("stitch").isError && FileManager.default.fileExists(atPath: fixture.folder.path("joined.mp4")))
    #expect(answer("again").isError && answer("again").text.contains("exists already"))
    #expect(answer("missing").isError && answer("missing").text.contains("--help"))
    #expect((seen["resources"] as? [String])?.first == "Report of film.longtake")
    #expect(seen["report"] as? String == "longtake.report/1")
    #expect(seen["foreign"] as? String != "read")
  }

  /// Calls one tool after the other; `"token": "?"` stands for that of the last quote.
  private static let client = """
    import json, os, subprocess, sys
    program, presets, calls = sys.argv[1:]
    server = subprocess.Popen([program, "mcp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              env=dict(os.environ, LONGTAKE_PRESETS=presets, XDG_CONFIG_HOME="/nonexistent"))
    token, answers = "", []
    for number, (tool, arguments) in enumerate(json.loads(calls)):
        if arguments.get("token") == "?":
            arguments["token"] = token
        server.stdin.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call",
                                       "params": {"name": tool, "arguments": arguments}}) + "\\n")
        server.stdin.flush()
        answer = json.loads(server.stdout.readline())
        while answer.get("id") != number:
            answer = json.loads(server.stdout.readline())
        answers.append(answer["result"])
        token = (answer["result"].get("structuredContent") or {}).get("token", token)
    server.stdin.close()
    print(json.dumps(answers))
    """

  @Test func givesVariablesToTheStoryboard() async throws {
    let fixture = try SmallStoryboard(
      shots: "  - id: one\n    prompt: A sign reads ${sign}.", extra: "provider: sandbox\nvariables: {sign: Quay}",
      seconds: 1)
    let board = #""storyboard": "\#(fixture.storyboard)""#
    let calls = """
      [["plan", {\(board), "variables": {"sign": "Kai = 1"}}], ["plan", {\(board), "variables": {"sgin": "Kai"}}],
       ["plan", {\(board), "variables": {"sign": 1}}], ["quote", {\(board), "variables": {"sign": "Kai"}}],
       ["run", {\(board), "token": "?", "max_cost_usd": 1}],
       ["run", {\(board), "token": "?", "max_cost_usd": 1, "variables": {"sign": "Kai"}}],
       ["status", {\(board), "variables": {"sign": "Kai"}}]]
      """
    let result = try await OutsideProgram.run(
      "python3", ["-c", Self.client, LongtakeProgram.path(), fixture.presets, calls])
    #expect(result.status == 0, "\(result.errors)")
    let answers = try #require(try JSONSerialization.jsonObject(with: result.output) as? [[String: Any]])
    func isError(_ number: Int) -> Bool { answers[number]["isError"] as? Bool ?? false }
    func text(_ number: Int) -> String { "\(answers[number])" }
    #expect(!isError(0) && text(0).contains("A sign reads Kai = 1."), "\(text(0))")
    #expect(isError(1) && text(1).contains("sign"), "\(text(1))")
    #expect(isError(2) && text(2).contains("cannot be this: Values"), "\(text(2))")
    #expect(!isError(3) && isError(4) && text(4).contains("variables have changed"), "\(text(4))")
    #expect(!isError(5) && text(5).contains("longtake.run/1"), "\(text(5))")
    #expect(!isError(6) && text(6).contains("verified"), "\(text(6))")
  }

  @Test func answersInTheWordsOfJSONRPC() async throws {
    let input = [
      #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2024-11-05"}}"#,
      #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, "nonsense",
      #"{"jsonrpc":"2.0","id":"two","method":"ping"}"#, #"{"jsonrpc":"2.0","id":3,"method":"no/such"}"#,
      #"{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"none"}}"#, #"{"id":5}"#,
    ].joined(separator: "\n")
    let result = try await OutsideProgram.run(LongtakeProgram.path(), ["mcp"], input: input + "\n")
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    let answers = try result.text.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(answers.count == 6)
    func answer(_ id: Any) -> [String: Any]? { answers.first { "\($0["id"] ?? "")" == "\(id)" } }
    #expect((answer(1)?["result"] as? [String: Any])?["protocolVersion"] as? String == "2024-11-05")
    #expect(answer("two")?["result"] is [String: Any])
    func code(_ answer: [String: Any]?) -> Int? { (answer?["error"] as? [String: Any])?["code"] as? Int }
    #expect(answers.contains { $0["id"] is NSNull && code($0) == -32700 })
    #expect(code(answer(3)) == -32601 && code(answer(4)) == -32602 && code(answer(5)) == -32600)
  }
}
