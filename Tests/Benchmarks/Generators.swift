// SPDX-License-Identifier: MIT
import Foundation
import NavarchTestSupport

/// pgbench of the server's own version, prepared, 4 connections from 2 threads.
struct PgBench {
    let stage: Stage
    /// A script of pgbench.
    let script: String
    /// Whether commits wait for the disk.
    let synchronous: Bool

    /// Transactions per second over that many seconds.
    func run(seconds: Int) async throws -> Double {
        let path = NSTemporaryDirectory() + "bench-\(UInt64.random(in: 0...UInt64.max)).sql"
        try script.write(toFile: path, atomically: true, encoding: .utf8)
        // A file left in the temporary folder harms nobody.
        defer { try? FileManager.default.removeItem(atPath: path) }
        var environment = ProcessInfo.processInfo.environment
        environment["PGOPTIONS"] = "-c synchronous_commit=\(synchronous ? "on" : "off")"
        let postgres = stage.postgres
        let lines = try await ChildProcess.run(
            try PostgresPrograms.path("pgbench"),
            [
                "-n", "-M", "prepared", "-c", "4", "-j", "2", "-T", "\(seconds)", "-f", path, "-h",
                postgres.socketDirectory, "-p", "\(postgres.port)", "-U", postgres.user, stage.database,
            ], environment: environment)
        let rate = lines.first { $0.hasPrefix("tps = ") }?.split(separator: " ").dropFirst(2).first
        guard let rate = rate.flatMap({ Double($0) }) else {
            throw BenchError(description: "pgbench: \(lines.joined(separator: "\n"))")
        }
        return rate
    }
}

/// What wrk saw.
struct WrkResult {
    /// Requests per second.
    var rate = 0.0
    /// Percentiles, in milliseconds.
    var p50 = 0.0
    var p99 = 0.0
}

/// wrk with 64 connections from 2 threads; its Lua script makes every request beforehand, one for each node.
struct Wrk {
    let stage: Stage
    /// The method, e.g. `navarch.v1.AgentService/SendHeartbeat`.
    let path: String
    /// The JSON body; `NODE` stands for the node.
    let body: String

    func run(seconds: Int) async throws -> WrkResult {
        let path = NSTemporaryDirectory() + "bench-\(UInt64.random(in: 0...UInt64.max)).lua"
        try script.write(toFile: path, atomically: true, encoding: .utf8)
        // A file left in the temporary folder harms nobody.
        defer { try? FileManager.default.removeItem(atPath: path) }
        let lines = try await ChildProcess.run(
            "wrk", ["-t", "2", "-c", "64", "-d", "\(seconds)s", "--latency", "-s", path, stage.replicas[0].url])
        return try parse(lines)
    }

    private var script: String {
        """
        local requests, at = {}, 0
        local threads = 0
        function setup(thread) thread:set("first", threads * \(stage.nodes.count / 2)); threads = threads + 1 end
        function init(args)
          local headers = { ["Content-Type"] = "application/json", ["Authorization"] = "Bearer \(Stage.token)" }
          for i = 1, \(stage.nodes.count) do
            local body = string.gsub([[\(body)]], "NODE", "node-" .. i)
            requests[i] = wrk.format("POST", "/\(path)", headers, body)
          end
          at = first
        end
        function request() at = at % #requests + 1; return requests[at] end
        """
    }

    private func parse(_ lines: [String]) throws -> WrkResult {
        let text = lines.joined(separator: "\n")
        guard !text.contains("Non-2xx"), !text.contains("Socket errors") else { throw BenchError(description: text) }
        var result = WrkResult()
        for line in lines {
            let words = line.split(separator: " ").map(String.init)
            guard words.count >= 2 else { continue }
            if words[0] == "Requests/sec:" { result.rate = Double(words[1]) ?? 0 }
            if words[0] == "50%" { result.p50 = Self.milliseconds(words[1]) }
            if words[0] == "99%" { result.p99 = Self.milliseconds(words[1]) }
        }
        guard result.rate > 0 else { throw BenchError(description: text) }
        return result
    }

    private static func milliseconds(_ text: String) -> Double {
        let number = Double(text.prefix { $0.isNumber || $0 == "." }) ?? .nan
        if text.hasSuffix("us") { return number / 1_000 }
        return text.hasSuffix("ms") ? number : number * 1_000
    }
}
