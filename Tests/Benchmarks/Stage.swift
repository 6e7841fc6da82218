// SPDX-License-Identifier: MIT
import ConnectClient
import Foundation
import Logging
import Migrations
import NavarchClient
import NavarchTestSupport
import NavarchWire

/// A PostgreSQL server with a deployment's settings, and real replicas over a fresh database in it.
struct Stage {
    static let token = "bench"
    let postgres: ThrowawayPostgres
    let database: String
    let replicas: [TestReplica]
    let nodes: [String]

    /// Starts everything and registers `nodes` nodes, whose keys are then 1 to `nodes`; ends it when `body` returns or throws.
    static func with<Result>(
        _ postgres: ThrowawayPostgres, replicas count: Int = 1, nodes: Int, arguments: [String] = [],
        _ body: (Stage) async throws -> Result
    ) async throws -> Result {
        let database = try await postgres.createDatabaseNamed(prefix: "bench")
        let conninfo = postgres.conninfo(database: database)
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        _ = try await Migrator(files: try .embedded(), conninfo: conninfo, runner: "bench", logger: logger).up()
        var replicas: [TestReplica] = []
        let all = ["--auth-token", token, "--log-level", "warning"] + arguments
        for _ in 0..<count { replicas.append(try await TestReplica.start(database: conninfo, arguments: all)) }
        let stage = Stage(
            postgres: postgres, database: database, replicas: replicas, nodes: (1...nodes).map { "node-\($0)" })
        let result: Swift.Result<Result, any Error>
        do {
            try await stage.register()
            result = .success(try await body(stage))
        } catch {
            result = .failure(error)
        }
        for replica in replicas { await replica.stop() }
        return try result.get()
    }

    private func register() async throws {
        try await withRPC(replicas[0]) { rpc in
            let agent = AgentClient(rpc)
            for node in nodes {
                var request = Navarch_V1_RegisterNodeRequest()
                request.nodeID = node
                request.provider = "bench"
                request.journalID = "journal-\(node)"
                _ = try await agent.registerNode(request)
            }
        }
    }

    /// A client of one replica that speaks HTTP/1.1: a connection for each call in flight or stream, as separate agents have.
    func withRPC<Result>(
        _ replica: TestReplica, connections: Int = 256, _ body: (RPCClient) async throws -> Result
    ) async throws -> Result {
        var configuration = RPCClientConfiguration(baseURLs: [replica.url])
        configuration.bearerToken = { Self.token }
        configuration.maxConnectionsPerURL = connections
        configuration.retry = .never
        let rpc = try RPCClient(configuration)
        do {
            let result = try await body(rpc)
            await rpc.shutdown()
            return result
        } catch {
            await rpc.shutdown()
            throw error
        }
    }

    /// Resident memory of a replica, in MiB, as the kernel counts it.
    func residentMemory(of replica: TestReplica) throws -> Double {
        let status = try String(contentsOfFile: "/proc/\(replica.process.pid)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }
        return (kilobytes ?? .nan) / 1_024
    }
}

/// A measurement that cannot be believed.
struct BenchError: Error, CustomStringConvertible {
    /// What went wrong.
    let description: String
}
