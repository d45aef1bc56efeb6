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

/// Rooms that handle every pixel, sample or byte of a file are held to the same. The tests have them optimized in a debug
/// build, which compiles in a fraction of a release build's time.
let media =
  strict
  + (Context.environment["LONGTAKE_OPTIMIZED_MEDIA"] == nil
    ? [] : [.unsafeFlags(["-O", "-wmo"], .when(configuration: .debug))])

/// The package manager finds tests in the compiler's index. A quarter of the compiler's work goes into it, so `scripts/test`
/// switches it off, and on for the tests alone.
let test =
  strict
  + (Context.environment["LONGTAKE_TEST_INDEX"].map {
    [.unsafeFlags(["-index-store-path", $0, "-index-ignore-system-modules", "-index-ignore-clang-modules"])]
  } ?? [])

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
/// The system's libcrypto; Apple's systems have CryptoKit.
let crypto: Target.Dependency = .target(name: "CCrypto", condition: .when(platforms: [.linux]))
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let mustache: Target.Dependency = .product(name: "Mustache", package: "swift-mustache")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioFoundation: Target.Dependency = .product(name: "NIOFoundationCompat", package: "swift-nio")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

/// Of the build's environment, else the git tag of this commit.
let version = Context.environment["LONGTAKE_VERSION"] ?? Context.gitInformation?.currentTag ?? "0.1.0-dev"

/// A library of the system. Debian keeps headers and libraries where the compiler looks; elsewhere pkg-config tells.
func library(_ name: String, pkgConfig: String, apt: [String], brew: [String]) -> Target {
  #if os(Linux)
    .systemLibrary(name: name, providers: [.apt(apt), .brew(brew)])
  #else
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt(apt), .brew(brew)])
  #endif
}

/// A room: one library target in `Sources/`.
func room(
  _ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = strict
) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of one room, in `Tests/<room>Tests`.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.init(stringLiteral: name), "Support"] + dependencies, swiftSettings: test)
}

let package = Package(
  name: "longtake",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "longtake", targets: ["longtake"]),
    .library(
      name: "LongtakeMedia", targets: ["Timing", "Presets", "Libav", "Probing", "Stills", "Verification", "Stitching"]),
    .library(name: "LongtakePipeline", targets: ["Storyboard", "Presets", "Generation", "Ledger", "Pipeline"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    library(
      "CLibav", pkgConfig: "libavfilter",
      apt: [
        "libavformat-dev", "libavcodec-dev", "libavfilter-dev", "libavutil-dev", "libswscale-dev", "libswresample-dev",
      ], brew: ["ffmpeg"]),
    library("CEbur128", pkgConfig: "libebur128", apt: ["libebur128-dev"], brew: ["libebur128"]),
    library("CFFTW", pkgConfig: "fftw3f", apt: ["libfftw3-dev"], brew: ["fftw"]),
    library("CCrypto", pkgConfig: "libcrypto", apt: ["libssl-dev"], brew: ["openssl@3"]),
    library("CCurl", pkgConfig: "libcurl", apt: ["libcurl4-openssl-dev"], brew: ["curl"]),
    .target(
      name: "CVersion",
      cSettings: [
        .define("LONGTAKE_VERSION", to: "\"\(version.hasPrefix("v") ? String(version.dropFirst()) : version)\"")
      ]),
    room("Timing", settings: media),
    room("Files", [crypto]),
    // Linux loads libav when it is first called (loader.c); other systems link it.
    .target(name: "CLibavLoader"),
    .target(
      name: "Libav", dependencies: ["CLibav", "CLibavLoader", "Timing"], swiftSettings: media,
      linkerSettings: ["avformat", "avcodec", "avfilter", "avutil", "swscale", "swresample"].map {
        .linkedLibrary($0, .when(platforms: [.macOS]))
      }),
    room("Bitstream", ["Timing"], settings: media),
    room("Color", ["CFFTW", "Libav", "Timing"], settings: media),
    .target(
      name: "Presets", dependencies: ["Files", "Timing", yams],
      resources: [
        .copy("bundled/models"), .copy("bundled/verify"), .copy("bundled/delivery"), .copy("bundled/schema"),
      ], swiftSettings: strict),
    room("Storyboard", ["Presets", "Files", "Timing", yams]),
    room("Probing", ["Bitstream", "Libav", "Files", "Timing"], settings: media),
    room("Loudness", ["CEbur128"], settings: media),
    room("Captions", ["Files", "Timing"], settings: media),
    .target(
      name: "Stills", dependencies: ["Probing", "Color", "Libav", "Files", "Timing"], resources: [.copy("Fonts")],
      swiftSettings: media),
    room(
      "Verification", ["Probing", "Bitstream", "Color", "Presets", "Loudness", "Libav", "Files", "Timing"],
      settings: media),
    room(
      "Stitching", ["Captions", "Probing", "Bitstream", "Color", "Stills", "Loudness", "Libav", "Files", "Timing"],
      settings: media),
    room(
      "Delivery",
      [
        "Captions", "Stitching", "Verification", "Stills", "Probing", "Color", "Loudness", "Presets", "Libav", "Files",
        "Timing",
      ]),
    .target(
      name: "Review",
      dependencies: [
        "Delivery", "Stitching", "Verification", "Stills", "Probing", "Color", "Loudness", "Presets", "Libav", "Files",
        "Timing",
        mustache,
      ], resources: [.copy("Resources")], swiftSettings: media),
    room(
      "Generation",
      ["Storyboard", "Presets", "Files", "Timing", "CCurl", httpTypes, logging]),
    room("Store", ["Generation", "Files", httpTypes]),
    room("Settings", ["Generation", "Storyboard", "Presets", "Files"]),
    room("Ledger", ["Presets", grdb]),
    room(
      "Sandbox", ["Libav", "Presets", "Files", "Timing", hummingbird, logging, nioCore, nioFoundation], settings: media),
    room(
      "Pipeline",
      [
        "Storyboard", "Presets", "Captions", "Probing", "Stills", "Verification", "Stitching", "Delivery", "Review",
        "Generation", "Store", "Ledger", "Sandbox", "Libav", "Files", "Timing", logging,
      ]),
    .executableTarget(
      name: "longtake",
      dependencies: [
        "Pipeline", "Settings", "Sandbox", "Generation", "Store", "Ledger", "Storyboard", "Presets", "Review",
        "Delivery",
        "Stitching", "Verification", "Stills", "Captions",
        "Probing", "Libav", "Files", "Timing", "CVersion", argumentParser, logging,
      ], swiftSettings: strict),
    .target(
      name: "Support", dependencies: ["Files"], path: "Tests/Support",
      exclude: [
        "c2pa_tool.py", "fork_server.c", "image_reader.py", "scripted_base.py", "scripted_fal.py", "scripted_hub.py",
        "scripted_proxy.py",
        "scripted_servers.py", "scripted_store.py",
        "fal_client_check.py", "mcp_client_check.py", "timeline_reader.py", "unfriendly_hub.py",
      ],
      swiftSettings: media),
    // What is fuzzed; `scripts/fuzz` runs it, and the tests replay its corpus.
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Timing", "Bitstream", "Captions", "Libav", "Probing", "Stills", "Presets", "Storyboard", "Generation", "Files",
      ], path: "Fuzzing/Targets", swiftSettings: strict),
    .testTarget(
      name: "FuzzTargetsTests", dependencies: ["FuzzTargets", "Support"], path: "Tests/FuzzTargetsTests",
      swiftSettings: test),
    tests("Timing"),
    tests("Files"),
    tests("Libav", ["Timing"]),
    tests("Bitstream", ["Timing"]),
    tests("Color", ["Libav", "Timing"]),
    tests("Presets"),
    tests("Storyboard", ["Presets"]),
    tests("Probing", ["Bitstream", "Libav", "Timing"]),
    tests("Loudness"),
    tests("Captions", ["Timing"]),
    tests("Stills", ["Probing", "Libav", "Files", "Timing"]),
    tests("Verification", ["Probing", "Presets", "Stills", "Libav", "Timing"]),
    tests("Stitching", ["Captions", "Files", "Timing"]),
    tests("Delivery", ["Captions", "Presets", "Probing", "Stitching", "Verification", "Files", "Timing"]),
    .testTarget(
      name: "ReviewTests", dependencies: ["Review", "Delivery", "Stitching", "Presets", "Files", "Support"],
      exclude: ["browser"],
      swiftSettings: test),
    tests("Generation", ["Storyboard", "Presets", logging]),
    // Writes to a store from processes of its own, for the tests.
    .executableTarget(
      name: "store-writer", dependencies: ["Store"], path: "Tests/StoreWriter", swiftSettings: strict),
    tests("Store", ["Generation", "Files", "store-writer"]),
    tests("Settings", ["Generation", "Storyboard", "Presets", "Files"]),
    tests("Ledger", ["Presets"]),
    tests("Sandbox", ["Presets", logging]),
    tests("Pipeline", ["Generation", "Ledger", "Presets", "Stitching", "Storyboard", "Timing"]),
    tests("longtake", ["Files", "Ledger", "Presets"]),
  ]
)

// The fuzzer needs a compiler option for the whole build, so it is no part of an ordinary one.
if Context.environment["LONGTAKE_FUZZING"] != nil {
  package.targets += [
    .target(name: "CFuzzer", path: "Fuzzing/CFuzzer"),
    .executableTarget(
      name: "fuzz", dependencies: ["CFuzzer", "FuzzTargets"], path: "Fuzzing/Driver", swiftSettings: strict),
  ]
}

// `scripts/sanitize` builds the tests of some rooms only.
if let rooms = Context.environment["LONGTAKE_TESTS"] {
  let names = rooms.split(separator: " ").map { "\($0)Tests" }
  package.targets.removeAll { $0.type == .test && !names.contains($0.name) }
}
