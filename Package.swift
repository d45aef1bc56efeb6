// swift-tools-version: 6.2
import PackageDescription

/// What every target of ours is held to: Swift 6, explicit access on imports, warnings as errors.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioFoundation: Target.Dependency = .product(name: "NIOFoundationCompat", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

/// A room: one library target in `Sources/`.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// The tests of one room, in `Tests/<room>Tests`.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.init(stringLiteral: name), "Support"] + dependencies, swiftSettings: strict)
}

let package = Package(
  name: "longtake",
  products: [
    .executable(name: "longtake", targets: ["longtake"]),
    .library(name: "LongtakeMedia", targets: ["Timing", "Libav", "Probing", "Stills", "Verification", "Stitching"]),
    .library(name: "LongtakePipeline", targets: ["Storyboard", "Presets", "Generation", "Ledger", "Pipeline"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "CLibav"),
    .systemLibrary(name: "CEbur128"),
    .systemLibrary(name: "CFFTW"),
    room("Timing"),
    room("Libav", ["CLibav", "Timing"]),
    .target(
      name: "Presets", dependencies: ["Timing", yams],
      resources: [.copy("bundled/models"), .copy("bundled/verify"), .copy("bundled/schema")], swiftSettings: strict),
    room("Storyboard", ["Presets", "Timing", yams]),
    room("Probing", ["Libav", "Timing"]),
    room("Loudness", ["CEbur128"]),
    .target(
      name: "Stills", dependencies: ["Probing", "Libav", "Timing"], resources: [.copy("Fonts")], swiftSettings: strict),
    room("Verification", ["Probing", "Presets", "Loudness", "CFFTW", "Libav", "Timing"]),
    room("Stitching", ["Probing", "Stills", "Loudness", "Libav", "Timing"]),
    room(
      "Generation",
      ["Storyboard", "Presets", "Timing", asyncHTTPClient, crypto, logging, nioCore, nioFoundation, nioHTTP1]),
    room("Ledger", ["Storyboard", grdb]),
    room("Sandbox", ["Libav", "Presets", "Timing", hummingbird, crypto, logging, nioCore, nioFoundation]),
    room(
      "Pipeline",
      [
        "Storyboard", "Presets", "Probing", "Stills", "Verification", "Stitching", "Generation", "Ledger", "Sandbox",
        "Libav", "Timing", crypto, logging,
      ]),
    .executableTarget(
      name: "longtake",
      dependencies: [
        "Pipeline", "Sandbox", "Generation", "Ledger", "Storyboard", "Presets", "Stitching", "Verification", "Stills",
        "Probing", "Libav", "Timing", argumentParser, logging,
      ], swiftSettings: strict),
    .target(
      name: "Support", path: "Tests/Support", exclude: ["scripted_hub.py", "scripted_fal.py", "fal_client_check.py"],
      swiftSettings: strict),
    tests("Timing"),
    tests("Libav", ["Timing"]),
    tests("Presets"),
    tests("Storyboard", ["Presets"]),
    tests("Probing", ["Libav", "Timing"]),
    tests("Loudness"),
    tests("Stills", ["Probing", "Libav", "Timing"]),
    tests("Verification", ["Probing", "Presets", "Libav", "Timing"]),
    tests("Stitching", ["Timing"]),
    tests("Generation", ["Storyboard", "Presets", logging]),
    tests("Ledger", ["Storyboard"]),
    tests("Sandbox", ["Presets", logging]),
    tests("Pipeline", ["Generation", "Ledger", "Presets", "Stitching", "Storyboard", "Timing"]),
    tests("longtake"),
  ]
)
