// swift-tools-version: 6.2
// SPDX-License-Identifier: MIT
import PackageDescription

/// Settings of every target of ours: Swift 6 mode, warnings are errors, existential types are written `any`.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

/// Commit and date are handed in by the Makefile; a bare `swift build` falls back to what git says.
let commit = Context.environment["NAVARCH_COMMIT"] ?? Context.gitInformation?.currentCommit ?? "unknown"
let buildDate = Context.environment["NAVARCH_BUILD_DATE"] ?? "unknown"

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOHTTP2", package: "swift-nio-http2"),
    .product(name: "NIOHPACK", package: "swift-nio-http2"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
    .product(name: "NIOTLS", package: "swift-nio"),
]
let embedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let memoryTracing = Target.Dependency.product(name: "InMemoryTracing", package: "swift-distributed-tracing")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")

/// A library target of ours.
func library(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

/// An executable: parses arguments, builds the graph of values, runs.
func program(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

/// The test target `<subject>Tests` in `Tests/<subject>Tests`.
func tests(_ subject: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: subject + "Tests", dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let package = Package(
    name: "navarch",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Postgres", targets: ["Postgres"]),
        .library(name: "Connect", targets: ["Connect"]),
        .library(name: "ConnectServer", targets: ["ConnectServer"]),
        .library(name: "ConnectClient", targets: ["ConnectClient"]),
        .executable(name: "navarchd", targets: ["navarchd"]),
        .executable(name: "navarch-agent", targets: ["navarch-agent"]),
        .executable(name: "navarch", targets: ["navarch"]),
        .executable(name: "migrate", targets: ["migrate"]),
        .executable(name: "navarch-bench", targets: ["navarch-bench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        // C libraries of the system, and what the build knows of itself.
        .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(
            name: "CBuildInfo",
            cSettings: [
                .define("NAVARCH_COMMIT", to: "\"\(commit)\""),
                .define("NAVARCH_BUILD_DATE", to: "\"\(buildDate)\""),
            ]),

        // Libraries that know nothing of the fleet.
        library("Locks"),
        library("Digest", ["CLibcrypto"]),
        library("Postgres", ["Locks", "CLibpq", "Digest", log, coreMetrics, tracing, lifecycle, deque]),
        library("Connect", ["CZlib", protobuf], exclude: ["Protos"]),
        library("ConnectServer", ["Locks", "Connect", log, lifecycle, protobuf] + nio),
        library("ConnectClient", ["Locks", "Connect", log, protobuf] + nio),
        library("Telemetry", ["Locks", log, coreMetrics]),
        library("Configuration", [yams]),

        // The fleet.
        library("BuildInfo", ["CBuildInfo"]),
        library("NavarchModel"),
        library("NavarchStore", ["NavarchModel"]),
        library("NavarchControl", ["Locks", "NavarchModel", "NavarchStore", log, metrics, lifecycle, deque]),
        library(
            "NavarchStorePostgres", ["Locks", "NavarchModel", "NavarchStore", "Postgres", "Digest", log, lifecycle]),
        library("Migrations", ["Postgres", "Digest", log]),
        library("NavarchWire", ["NavarchModel", "Connect", protobuf], exclude: ["Protos"]),
        library(
            "NavarchServer",
            [
                "Locks", "NavarchModel", "NavarchControl", "NavarchStore", "NavarchWire", "Connect", "ConnectServer",
                "Telemetry",
                "BuildInfo", "Digest", log, metrics, tracing, protobuf,
            ]),
        library("NavarchClient", ["NavarchWire", "Connect", "ConnectClient", "BuildInfo", log, protobuf]),
        library("GPUProbe", ["Locks", "NavarchModel", log]),
        library(
            "NavarchAgent",
            [
                "Locks", "NavarchModel", "NavarchWire", "NavarchClient", "Connect", "GPUProbe", "BuildInfo", log,
                lifecycle,
                protobuf,
            ]),
        library(
            "NavarchTestSupport",
            [
                "Locks", "NavarchModel", "NavarchStore", "NavarchControl", "NavarchStorePostgres", "Postgres",
                "Migrations", log,
            ]),

        // Programs.
        program(
            "navarchd",
            [
                "NavarchModel", "NavarchStore", "NavarchControl", "NavarchStorePostgres", "NavarchServer", "Migrations",
                "Postgres",
                "Connect", "ConnectServer", "Telemetry", "Configuration", "BuildInfo", log, metrics, lifecycle,
                arguments,
            ]),
        program(
            "navarch-agent",
            [
                "NavarchModel", "NavarchAgent", "NavarchClient", "GPUProbe", "Configuration", "BuildInfo", "Telemetry",
                log, lifecycle, arguments,
            ]),
        program(
            "navarch", ["NavarchWire", "NavarchClient", "Connect", "BuildInfo", arguments, yams, protobuf]),
        program("migrate", ["Migrations", "Postgres", "BuildInfo", log, arguments]),
        program(
            "navarch-bench",
            [
                "Locks", "NavarchModel", "NavarchStore", "NavarchControl", "NavarchStorePostgres", "NavarchServer",
                "NavarchClient", "NavarchAgent",
                "NavarchWire", "NavarchTestSupport", "Migrations", "Postgres", "Connect", "ConnectServer",
                "ConnectClient", "BuildInfo",
                arguments, histogram, log, protobuf,
            ] + nio,
            path: "Tests/Benchmarks"),

        // Feeds the product what a stranger might send; `make fuzz` links it with LLVM's fuzzer.
        .executableTarget(
            name: "navarch-fuzz",
            dependencies: [
                "NavarchModel", "NavarchStore", "NavarchControl", "NavarchServer", "NavarchWire", "NavarchAgent",
                "NavarchStorePostgres", "NavarchTestSupport", "Migrations", "Postgres", "Connect", "ConnectServer",
                "Configuration", "Telemetry", "Locks", "CZlib", log, protobuf, embedded,
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Tests/Fuzz", exclude: ["Corpus"], swiftSettings: strict),

        // Tests.
        tests("Locks", ["Locks"]),
        tests("Digest", ["Digest"]),
        tests("Postgres", ["Locks", "Postgres", "NavarchTestSupport", "Telemetry", log, tracing, memoryTracing]),
        tests(
            "Connect",
            ["Locks", "Connect", "ConnectServer", "ConnectClient", "NavarchTestSupport", log, protobuf, lifecycle]
                + nio,
            exclude: ["Protos"]),
        tests("Telemetry", ["Locks", "Telemetry", coreMetrics, log]),
        tests("Configuration", ["Configuration"]),
        tests("NavarchModel", ["NavarchModel", "NavarchTestSupport"]),
        tests(
            "NavarchControl",
            [
                "Locks", "NavarchModel", "NavarchStore", "NavarchControl", "NavarchTestSupport", "Telemetry", log,
                lifecycle,
            ]),
        tests(
            "NavarchStorePostgres",
            [
                "Locks", "NavarchModel", "NavarchStore", "NavarchStorePostgres", "Postgres", "Migrations",
                "NavarchTestSupport",
                log,
            ],
            exclude: ["Snapshots"]),
        tests("Migrations", ["Locks", "Migrations", "Postgres", "NavarchTestSupport", log]),
        tests("NavarchWire", ["NavarchModel", "NavarchWire", "Connect", "Digest", "NavarchTestSupport", protobuf]),
        tests(
            "NavarchServer",
            [
                "Locks", "NavarchModel", "NavarchStore", "NavarchControl", "NavarchStorePostgres", "NavarchServer",
                "NavarchWire", "Connect",
                "ConnectServer", "ConnectClient", "NavarchTestSupport", "Telemetry", "Migrations", "Postgres", log,
                protobuf,
            ] + nio),
        tests(
            "NavarchClient",
            ["Locks", "NavarchWire", "NavarchClient", "Connect", "ConnectClient", "ConnectServer", log, protobuf]),
        tests(
            "navarch",
            [
                "Locks", "navarch", "NavarchWire", "NavarchClient", "Connect", "ConnectServer", "NavarchTestSupport",
                log,
                protobuf, yams,
            ]),
        tests(
            "NavarchAgent",
            [
                "Locks", "NavarchModel", "NavarchWire", "NavarchAgent", "NavarchClient", "Connect", "ConnectServer",
                "GPUProbe",
                "NavarchTestSupport", log, protobuf,
            ]),
        tests("GPUProbe", ["NavarchModel", "GPUProbe"]),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "Locks", "NavarchModel", "NavarchStore", "NavarchControl", "NavarchStorePostgres", "NavarchWire",
                "NavarchClient", "Migrations",
                "Postgres", "Connect", "ConnectClient", "ConnectServer", "NavarchTestSupport", log, protobuf,
                "navarchd", "navarch-agent", "navarch", "migrate",
            ],
            swiftSettings: strict),
        .testTarget(name: "FuzzTests", dependencies: ["navarch-fuzz"], swiftSettings: strict),
        .testTarget(name: "TidyTests", dependencies: [yams], swiftSettings: strict),
    ]
)
