// SPDX-License-Identifier: MIT
/// Measures what the product promises, with its references, in one run.
import ArgumentParser
import BuildInfo
import Foundation
import NavarchTestSupport

/// How long and how often.
struct BenchOptions: Sendable {
    let runs: Int
    let seconds: Int
}

/// The command line of `navarch-bench`.
@main
struct NavarchBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "navarch-bench",
        abstract: "Measures Navarch against PostgreSQL's own pgbench, prints a table and writes .build/bench.json.",
        version: BuildInfo.line(for: "navarch-bench"))

    @Option(help: "Measure this figure only; may be given several times.")
    var only: [String] = []
    @Option(help: "Runs of which each figure is the median.")
    var runs = 3
    @Option(help: "Seconds of each run.")
    var seconds = 5
    @Option(help: "Where the report is written.")
    var output = ".build/bench.json"

    @Option(
        name: .customLong("setting"),
        help: "A setting of the PostgreSQL server, NAME=VALUE; may be given several times.")
    var settings: [String] = []

    static let names = [
        "heartbeat.plain", "heartbeat.gpu8", "poll.empty", "delivery.notify", "delivery.sweep", "command.life",
        "streams.memory",
    ]

    func validate() throws {
        for name in only where !Self.names.contains(name) {
            throw ValidationError("there is no figure \(name); there are \(Self.names.joined(separator: ", "))")
        }
        if runs < 1 || seconds < 1 { throw ValidationError("--runs and --seconds are at least 1") }
    }

    /// Measures and reports. A missed goal is no failure of the program: the table says it.
    func run() async throws {
        try raiseFileLimit()
        let postgres = try await ThrowawayPostgres.start(
            fsync: true, settings: try serverSettings())
        var report = Report(
            commit: BuildInfo.commit, machine: machine, date: Date.now.ISO8601Format(), figures: [])
        let options = BenchOptions(runs: runs, seconds: seconds)
        print("\(machine), commit \(report.commit)\n\(FigureTable.header)")
        do {
            for name in only.isEmpty ? Self.names : only {
                let figure = try await measure(name, postgres, options)
                print(FigureTable.row(figure))
                report.figures.append(figure)
            }
        } catch {
            await postgres.remove()
            throw error
        }
        await postgres.remove()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(report).write(to: URL(filePath: output))
    }

    /// Those of the role in docker/roles.sql that change plans, and memory for a server that does nothing else.
    private func serverSettings() throws -> [String: String] {
        var all = ["shared_buffers": "256MB", "max_wal_size": "4GB", "random_page_cost": "1.1"]
        for setting in settings {
            let parts = setting.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw ValidationError("--setting takes NAME=VALUE, not \(setting)") }
            all[parts[0]] = parts[1]
        }
        return all
    }

    private func measure(
        _ name: String, _ postgres: ThrowawayPostgres, _ options: BenchOptions
    ) async throws -> Figure {
        switch name {
        case "delivery.notify", "delivery.sweep":
            try await DeliveryFigures(options: options).measure(name, postgres)
        case "command.life": try await CommandLife(options: options).measure(name, postgres)
        case "streams.memory": try await StreamsMemory(options: options).measure(name, postgres)
        default: try await RequestFigures(options: options).measure(name, postgres)
        }
    }

    /// 5,000 streams are 5,000 descriptors here and in the replica, which inherits the limit.
    private func raiseFileLimit() throws {
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        getrlimit(files, &limit)
        limit.rlim_cur = limit.rlim_max
        guard setrlimit(files, &limit) == 0, limit.rlim_cur >= 12_000 else {
            throw BenchError(description: "12000 open files are needed, \(limit.rlim_max) allowed")
        }
    }

    private var machine: String {
        // Where the kernel does not tell the model, the count has to do.
        let model =
            ((try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "").split(separator: "\n")
            .first { $0.hasPrefix("model name") }?.split(separator: ":").last ?? " unknown processor"
        return "\(ProcessInfo.processInfo.processorCount) ×\(model)"
    }
}

/// The table on standard output.
enum FigureTable {
    static let header = line(
        ["figure", "median", "unit", "reference", "ratio", "p50 ms", "p99 ms", "runs", "spread", "goal", ""])

    static func row(_ figure: Figure) -> String {
        line([
            figure.name, text(figure.value), figure.unit, text(figure.reference), text(figure.ratio, 2),
            text(figure.p50_ms, 2), text(figure.p99_ms, 2), "\(figure.runs)", "\(Int(figure.spread * 100)) %",
            figure.goal,
            figure.reached ? "reached" : "MISSED",
        ])
    }

    private static func line(_ cells: [String]) -> String {
        let widths = [16, 9, 11, 10, 6, 8, 8, 5, 7, 24, 0]
        return zip(cells, widths).map { $0.padding(toLength: max($0.count, $1), withPad: " ", startingAt: 0) }
            .joined(separator: " ")
    }

    private static func text(_ value: Double?, _ digits: Int = 1) -> String {
        value.map { String(format: "%.\(digits)f", $0) } ?? "–"
    }
}
