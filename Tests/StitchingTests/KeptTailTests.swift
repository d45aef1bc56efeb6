import Stitching
import Support
import Testing
import Timing

/// A shot whose successor was not started from its last frame.
@Suite(.media) struct KeptTailTests {
  @Test func measuresTheOverlapAtTheFrameTheNextShotStartsFrom() throws {
    let chain = try ChainClips(count: 2, length: 49, overlap: 6, extraAudio: nil)
    var shots = chain.paths.map { StitchShot(path: $0) }
    shots[0].keepsThrough = 43
    let output = chain.folder.path("master.mp4")
    let plan = try StitchPlan(shots, options: StitchOptions())
    #expect(plan.joins[0].overlap == 1, "\(plan.joins[0].reason)")
    let report = try Stitcher(plan, options: StitchOptions()).write(to: output)
    #expect(report.shots[0].framesKept == 43 && report.shots[0].reason.contains("#43"))
    let master = try MasterReference(output)
    #expect(master.complaints.isEmpty, "\(master.complaints)")
    #expect(master.frames == 43 + 49 && master.deltas.count == 1)
    let own = try MasterReference.frames(of: chain.paths[1])
    #expect(Array(master.digests.suffix(49)) == own)
  }

  @Test func combinesWithAnEarlierTrimAndRefusesALaterOne() throws {
    let chain = try ChainClips(count: 1, extraAudio: nil)
    var shot = StitchShot(path: chain.paths[0])
    shot.keepsThrough = 30
    func kept() throws -> [Int] {
      let report = try Stitcher(StitchPlan([shot], options: StitchOptions()), options: StitchOptions())
        .plannedReport(output: "m.mp4").shots[0]
      return [report.keptFrom, report.keptTo]
    }
    #expect(try kept() == [0, 31])
    shot.trim = StitchTrim(parsing: "#4..#20")
    #expect(try kept() == [4, 20])
    shot.trim = StitchTrim(parsing: "#31..")
    let late = #expect(throws: StitchError.self) { _ = try kept() }
    #expect(late?.code == .badRequest)
    shot.trim = nil
    for missing in [-1, 49] {
      shot.keepsThrough = missing
      let error = #expect(throws: StitchError.self) { _ = try kept() }
      #expect(error?.code == .outOfRange && error?.message.contains("#\(missing)") == true)
    }
  }

  @Test func countsInTheFilesOwnFramesAtAnotherRate() throws {
    let chain = try ChainClips(count: 1, extraAudio: nil)
    var shot = StitchShot(path: chain.paths[0])
    shot.keepsThrough = 23
    var options = StitchOptions()
    var conform = ConformOptions()
    conform.rate = FrameRate(48, 1)
    conform.rateConversion = .duplicate
    options.video.conform = conform
    #expect(try StitchPlan([shot], options: options).frameCount == 48)
  }
}
