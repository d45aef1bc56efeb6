import Color
import Files
import Foundation
import Libav
import Probing
import Stills
import Stitching
import Timing

/// How a page is made.
public struct ReviewOptions: Sendable, Hashable {
  /// Puts everything into one file, with a small proxy, so that it can be mailed.
  public var isSingleFile = false
  /// Bytes of a page in one file at most.
  public var maximumBytes: Int64 = 20 << 20
  /// Bytes from which on a proxy is played instead of the master.
  public var proxyAbove: Int64 = 2 << 30
  /// Replaces an earlier page in the folder.
  public var overwrite = false
  /// Of the program, for the report.
  public var version = ""

  public init() {}
}

/// A page that was written.
public struct ReviewResult: Sendable {
  /// The page.
  public let page: String
  public let report: ReviewReport
  /// `review.json`.
  public let reportPath: String
  /// Verdicts in the order of the master.
  public var joins: [ReviewReport.Join] { report.joins }
  /// Bytes of the page and everything beside it that is not a link to existing media.
  public let bytes: Int64
  /// Wall-clock seconds without the proxy, and of the proxy.
  public let seconds: Double
  public let proxySeconds: Double
}

/// Makes a review page: one pass over the master, stills, a proxy where one is needed, `index.html` and `review.json`.
public struct ReviewWriter: Sendable {
  static let pageName = "index.html"
  static let reportName = "review.json"
  static let text = PageText.english

  private let subject: ReviewSubject
  private let options: ReviewOptions

  public init(_ subject: ReviewSubject, options: ReviewOptions) {
    self.subject = subject
    self.options = options
  }

  /// Checks before any work that a page can be written into a folder.
  /// - Throws: as ``write(to:progress:)`` does for the folder; ``ReviewError`` when files of the page are missing.
  public static func requireWritable(_ folder: String, overwrite: Bool) throws {
    try PageFile.requireAll()
    _ = try OutputFolder(folder, marker: reportName, overwrite: overwrite)
  }

  /// Writes the page into a folder that appears when it is whole. Blocks while decoding; run it off an actor.
  /// - Throws: ``ReviewError``, `LibavError`, `FileError`, `CancellationError`; an earlier page is kept then.
  public func write(to folder: String, progress: (ReviewEvent) -> Void = { _ in }) throws -> ReviewResult {
    let output = try OutputFolder(folder, marker: Self.reportName, overwrite: options.overwrite)
    let temporary = output.temporary
    let result = try temporary.run { try write(to: folder, meanwhile: temporary.path, progress: progress) }
    try output.commit()
    return result
  }

  private func write(
    to folder: String, meanwhile temporary: String, progress: (ReviewEvent) -> Void
  ) throws -> ReviewResult {
    let clock = ContinuousClock()
    let began = clock.now
    let assets = PageAssets(folder: options.isSingleFile ? nil : temporary)
    var report = ReviewReport(subject, version: options.version)
    var proxyTime = Duration.zero
    let takesBegan = clock.now
    let takes = try TakeProxies.add(
      of: subject, limit: options.maximumBytes, folder: temporary, text: Self.text, to: assets,
      progress: progress)
    proxyTime += takesBegan.duration(to: clock.now)
    let timeline = try subject.master.map { try MasterTimeline(path: $0, stitch: subject.stitch) }
    let making = ShotStills.start(subject, isInlining: options.isSingleFile)
    defer { making.cancel() }
    if let timeline {
      if let error = timeline.index.readError { progress(.endsEarly(error)) }
      let size = timeline.video.stream.shownSize
      let plan = StillPlan(
        timeline, size: size, showsFirst: !subject.shots.isEmpty && subject.showsFirstFrame(ofShot: 0),
        isInlining: options.isSingleFile)
      let reading = MasterReading.start(timeline)
      defer { reading.cancel() }
      let survey = try MasterSurvey(timeline, plan: plan, assets: assets, progress: progress)
      progress(.measuringAudio)
      let read = try reading.value()
      let audio = read.audio
      if let fault = audio?.fault { progress(.damagedAudio(fault)) }
      let stills = try making.value()
      let anchors = try stills.addAnchors(of: subject, to: assets)
      report.sprite = try SpriteMaker.sprite(survey.thumbnails, plan: plan, assets: assets)
      report.series = ReviewReport.FrameSeries(survey, timeline)
      report.audio = audio.map { ReviewReport.Audio($0, target: subject.stitch?.audio?.targetLoudness) }
      report.joins = try JoinListing(
        subject: subject, timeline: timeline, survey: survey, audio: audio, plan: plan, anchors: anchors,
        text: Self.text
      ).joins(assets: assets)
      report.shots = try ShotListing(
        subject: subject, timeline: timeline, plan: plan, stills: stills, takeFiles: takes, anchors: anchors
      ).shots(assets: assets)
      let began = clock.now
      let player = try player(timeline, size: size, assets: assets, folder: temporary, progress: progress)
      if player.isProxy { proxyTime += began.duration(to: clock.now) }
      report.master = ReviewReport.Master(
        timeline, size: size, player: player, reading: read, superseded: subject.superseded)
    } else {
      let stills = try making.value()
      report.shots = try ShotListing(
        subject: subject, timeline: nil, plan: nil, stills: stills, takeFiles: takes,
        anchors: try stills.addAnchors(of: subject, to: assets)
      ).shots(assets: assets)
    }
    progress(.drawingPage)
    let page = try ReviewPage(report, text: Self.text, assets: assets).html()
    let json = try report.json()
    let bytes = assets.byteCount + Int64(page.utf8.count) + Int64(json.count)
    if options.isSingleFile, Int64(page.utf8.count) > options.maximumBytes {
      throw ReviewError(
        .tooLarge,
        "the page has \(page.utf8.count >> 20) MB, more than \(options.maximumBytes >> 20); raise --max-size, or leave out --single-file",
        file: folder)
    }
    try OutputFile.replace("\(temporary)/\(Self.pageName)", with: page.utf8)
    try OutputFile.replace("\(temporary)/\(Self.reportName)", with: json)
    let total = began.duration(to: clock.now)
    return ReviewResult(
      page: "\(folder)/\(Self.pageName)", report: report, reportPath: "\(folder)/\(Self.reportName)", bytes: bytes,
      seconds: (total - proxyTime).seconds,
      proxySeconds: proxyTime.seconds)
  }

  /// The master itself where browsers play it, else a proxy.
  private func player(
    _ timeline: MasterTimeline, size: (width: Int, height: Int), assets: PageAssets, folder: String,
    progress: (ReviewEvent) -> Void
  ) throws -> ReviewReport.Player {
    let bytes = timeline.index.container.size ?? 0
    var reason = BrowserPlayback.obstacle(timeline.index, text: Self.text)
    if reason == nil, bytes > options.proxyAbove { reason = Self.text["proxy.large"] }
    if options.isSingleFile { reason = Self.text["proxy.single"] }
    guard let reason else {
      let suffix = URL(filePath: timeline.path).pathExtension.lowercased() == "mov" ? "mov" : "mp4"
      return ReviewReport.Player(
        file: try assets.link("media/master.\(suffix)", to: timeline.path), isProxy: false, reason: nil,
        width: size.width, height: size.height, start: timeline.start.doubleValue)
    }
    var settings = ProxyEncoder.Settings()
    if options.isSingleFile {
      settings.shorterSide = 720
      // Base64 takes four bytes for three; the page itself needs some room.
      settings.maximumBytes = (options.maximumBytes - assets.byteCount * 4 / 3 - Self.roomForText) * 3 / 4
    }
    let proxy = ProxyEncoder(timeline, size: size, settings: settings)
    let file = "\(folder)/proxy.mp4"
    try proxy.write(to: file, progress: progress)
    let name = "media/proxy.mp4"
    if assets.isInlining {
      try assets.add(name, "video/mp4", try PageAssets.bytes(of: file))
      try FileManager.default.removeItem(atPath: file)
    } else {
      _ = try assets.link(name, to: file)
      try FileManager.default.removeItem(atPath: file)
    }
    return ReviewReport.Player(
      file: name, isProxy: true, reason: reason, width: proxy.width, height: proxy.height, start: 0)
  }

  /// Bytes of a page's text at most, for choosing the proxy's size.
  private static let roomForText: Int64 = 1 << 20
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
