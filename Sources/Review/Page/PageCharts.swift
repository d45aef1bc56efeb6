import Foundation

/// The charts of a page, each with its table.
struct PageCharts {
  /// Rows of a table at most.
  private static let mostRows = 60

  private let report: ReviewReport
  private let text: PageText

  init(_ report: ReviewReport, text: PageText) {
    self.report = report
    self.text = text
  }

  private var frames: Int { report.master?.frames ?? 0 }
  private var duration: Double { max(0.001, report.master?.duration ?? 0) }

  private var marks: [(at: Double, name: String)] {
    report.joins.map { join in
      (Double(join.frame) / Double(max(1, frames)), text["charts.join", ["from": join.from, "to": join.to]])
    }
  }

  var contexts: [[String: Any]] { (chain + [loudness, bitRate, difference].compactMap(\.self)).map(\.context) }

  private struct Drawn {
    let chart: Chart
    let description: String
    let head: [String]
    let rows: [[String]]

    var context: [String: Any] {
      [
        "id": chart.id, "title": chart.title, "unit": chart.unit, "svg": chart.svg, "description": description,
        "width": "\(Int(Chart.width))", "height": "\(Int(Chart.height))", "head": head,
        "rows": rows.map { ["first": $0.first ?? "", "rest": Array($0.dropFirst())] as [String: Any] },
        "legend": chart.lines.count > 1 ? chart.lines.map { ["style": $0.style, "name": $0.name] } : [],
      ]
    }
  }

  // MARK: - The chain against shot 1

  private var chain: [Drawn] {
    guard let series = report.series else { return [] }
    return [
      ("luma", series.luma, 4.0, 1), ("chroma", series.chroma, 3.0, 1), ("contrast", series.contrast, 6.0, 0),
      ("sharpness", series.sharpness, 0.02, 3),
    ].map { name, values, range, digits in
      let shots = self.shots(values)
      let first = shots.first?.mean ?? 0
      var chart = Chart(
        id: "chart-\(name)", title: text["charts.\(name)"], unit: text["charts.\(name).unit"],
        lines: [
          Chart.Line(style: "target", name: text["charts.first"], values: values.map { _ in first }),
          Chart.Line(style: "a", name: text["charts.\(name)"], values: values.map { $0 }),
        ])
      chart.marks = marks
      chart.leastRange = range
      let last = shots.last.map { Self.change($0.mean, first) } ?? ""
      return Drawn(
        chart: chart, description: text["charts.chain.alt", ["name": text["charts.\(name)"], "value": last]],
        head: [text["charts.shot"], text["charts.mean"], text["charts.change"]],
        rows: shots.map { [$0.id, JoinJudgement.number($0.mean, digits), Self.change($0.mean, first)] })
    }
  }

  private func shots(_ values: [Double]) -> [(id: String, mean: Double)] {
    report.shots.compactMap { shot in
      guard let first = shot.firstFrame, let count = shot.frames, count > 0, first + count <= values.count else {
        return nil
      }
      return (shot.id, values[first..<first + count].reduce(0, +) / Double(count))
    }
  }

  private static func change(_ value: Double, _ first: Double) -> String {
    first == 0 ? "–" : JoinJudgement.signed(100 * (value / first - 1), 1) + " %"
  }

  // MARK: - Loudness

  private var loudness: Drawn? {
    guard let audio = report.audio, audio.momentary.contains(where: { $0 != nil }) else { return nil }
    let floor = -70.0
    func shown(_ values: [Double?]) -> [Double?] { values.map { $0.map { max(floor, $0) } } }
    var lines = [
      Chart.Line(style: "b", name: text["charts.momentary"], values: shown(audio.momentary)),
      Chart.Line(style: "a", name: text["charts.shortterm"], values: shown(audio.shortTerm)),
    ]
    if let target = audio.target ?? audio.integrated {
      lines.insert(
        Chart.Line(
          style: "target", name: text[audio.target == nil ? "charts.integrated" : "charts.target"],
          values: audio.momentary.map { _ in target }), at: 0)
    }
    var chart = Chart(
      id: "chart-loudness", title: text["charts.loudness"], unit: "LUFS", lines: lines)
    chart.marks = marks
    chart.leastRange = 12
    let rows = sampled(audio.momentary.count).map { index -> [String] in
      [
        PageContext.clock(Double(index + 1) * audio.step), Self.level(audio.momentary[index]),
        Self.level(audio.shortTerm[index]),
      ]
    }
    return Drawn(
      chart: chart,
      description: text[
        "charts.loudness.alt", ["value": Self.level(audio.integrated), "peak": Self.level(audio.truePeak)]],
      head: [text["charts.time"], text["charts.momentary"], text["charts.shortterm"]], rows: rows)
  }

  private static func level(_ value: Double?) -> String {
    value.map { String(format: "%.1f", $0).replacing("-", with: "−") } ?? "–"
  }

  /// A strip under the timeline: the peaks as one path in a box of 1200 by 40.
  var strip: String? {
    guard let peaks = report.audio?.peaks, let loudest = peaks.max(), loudest > 0 else { return nil }
    let scale = 19 / max(loudest, 0.1)
    return peaks.enumerated().map { number, peak in
      String(format: "M%d %.1fV%.1f", number, 20 + max(0.3, peak * scale), 20 - max(0.3, peak * scale))
    }.joined()
  }

  // MARK: - Bit rate and GOP

  private var bitRate: Drawn? {
    guard let series = report.series, !series.bytes.isEmpty else { return nil }
    // About half a second each.
    let count = max(1, min(240, Int((duration * 2).rounded(.up))))
    let rates = (0..<count).map { part -> Double in
      let range = part * series.bytes.count / count..<(part + 1) * series.bytes.count / count
      let seconds = duration * Double(range.count) / Double(series.bytes.count)
      return seconds > 0 ? Double(series.bytes[range].reduce(0, +)) * 8 / seconds / 1e6 : 0
    }
    var chart = Chart(
      id: "chart-bitrate", title: text["charts.bitrate"], unit: "Mb/s",
      lines: [Chart.Line(style: "a", name: text["charts.bitrate"], values: rates)])
    chart.isBars = true
    chart.floor = 0
    chart.ticks = series.keyframes.map { Double($0) / Double(max(1, frames)) }
    let gops = zip(series.keyframes, series.keyframes.dropFirst() + [frames]).map { $1 - $0 }
    return Drawn(
      chart: chart,
      description: text[
        "charts.bitrate.alt",
        [
          "value": JoinJudgement.number(Double(series.bytes.reduce(0, +)) * 8 / duration / 1e6, 1),
          "max": JoinJudgement.number(rates.max() ?? 0, 1), "gop": "\(gops.max() ?? 0)",
        ]],
      head: [text["charts.time"], "Mb/s"],
      rows: sampled(count).map {
        [PageContext.clock(Double($0) * duration / Double(count)), JoinJudgement.number(rates[$0], 1)]
      })
  }

  // MARK: - Frame difference

  private var difference: Drawn? {
    guard let series = report.series, frames > 1 else { return nil }
    var chart = Chart(
      id: "chart-difference", title: text["charts.difference"], unit: text["charts.codevalues"],
      lines: [Chart.Line(style: "a", name: text["charts.difference"], values: series.difference)])
    chart.marks = marks
    chart.floor = 0
    let rows = report.joins.map { join -> [String] in
      [
        "\(join.from) → \(join.to)", "#\(join.frame)",
        series.difference[join.frame].map { JoinJudgement.number($0, 2) } ?? "–",
        join.step.map { JoinJudgement.number($0, 1) + "×" } ?? "–",
      ]
    }
    return Drawn(
      chart: chart, description: text["charts.difference.alt"],
      head: [text["charts.joinhead"], text["charts.frame"], text["charts.difference"], text["joins.step"]], rows: rows)
  }

  /// Evenly spaced positions, at most ``mostRows``.
  private func sampled(_ count: Int) -> [Int] {
    let rows = min(count, Self.mostRows)
    return (0..<rows).map { $0 * count / max(1, rows) }
  }
}
