import Files
import Presets
import Verification

/// Verification as JUnit XML: a suite for each file, a case for each rule.
struct JUnitReport {
  struct File {
    let path: String
    var report: VerificationReport?
    var error: String?

    init(path: String, report: VerificationReport) {
      self.path = path
      self.report = report
    }

    init(path: String, error: String) {
      self.path = path
      self.error = error
    }
  }

  let text: String

  init(preset: String, files: [File]) {
    var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites name=\"longtake verify\">"]
    for file in files { lines += Self.suite(file, preset: preset) }
    lines.append("</testsuites>")
    text = lines.joined(separator: "\n") + "\n"
  }

  private static func suite(_ file: File, preset: String) -> [String] {
    let name = "name=\"\(escaped(file.path))\""
    guard let report = file.report else {
      let error = escaped(file.error ?? "")
      return [
        "  <testsuite \(name) tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">",
        "    <testcase classname=\"\(escaped(preset))\" name=\"container.opens\"><error message=\"\(error)\"/></testcase>",
        "  </testsuite>",
      ]
    }
    let failed = report.findings.count { $0.status == .fail }
    let skipped = report.findings.count { $0.status == .notRun || $0.status == .inconclusive }
    let head =
      "  <testsuite \(name) tests=\"\(report.findings.count)\" failures=\"\(failed)\" errors=\"0\" skipped=\"\(skipped)\">"
    return [head] + report.findings.map { testCase($0, preset: preset) } + ["  </testsuite>"]
  }

  private static func testCase(_ finding: Finding, preset: String) -> String {
    let message = escaped(finding.message)
    let body =
      switch finding.status {
      case .pass: ""
      case .fail: "<failure message=\"\(message)\"/>"
      case .notRun, .inconclusive: "<skipped message=\"\(message)\"/>"
      case .warn: "<system-out>\(finding.severity == .info ? "info" : "warning"): \(message)</system-out>"
      }
    let name = "    <testcase classname=\"\(escaped(preset))\" name=\"\(escaped(finding.check))\""
    return body.isEmpty ? name + "/>" : name + ">\(body)</testcase>"
  }

  private static func escaped(_ text: String) -> String { XMLOutput.escapedAttribute(text) }
}
