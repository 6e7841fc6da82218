// SPDX-License-Identifier: MIT
import Foundation
import Locks
import NavarchTestSupport
import Postgres
import Testing

/// A whole deployment of real programs, as `make ha` has it: PostgreSQL, PgBouncer, three replicas, HAProxy, agents.
final class Fleet: Sendable {
    let postgres: ThrowawayPostgres
    let bouncer: ThrowawayPgBouncer
    let balancer: ThrowawayHAProxy
    let agents: [RealAgent]
    /// Past pooler and replicas.
    let database: String
    private let pooled: String
    private let replicas: Mutex<[TestReplica]>
    private let processes: [ChildProcess]

    private init(
        _ postgres: ThrowawayPostgres, _ bouncer: ThrowawayPgBouncer, _ balancer: ThrowawayHAProxy,
        replicas: [TestReplica], agents: [RealAgent], database: (direct: String, pooled: String)
    ) throws {
        self.postgres = postgres
        self.bouncer = bouncer
        self.balancer = balancer
        self.agents = agents
        (self.database, pooled) = database
        self.replicas = Mutex(replicas)
        processes = try agents.map { try $0.start(["--fake-gpus", "2"]) }
    }

    /// The shortest rhythm of heartbeats that the product allows a timeout of half a minute with.
    private static let pace = ["--heartbeat-interval", "2s", "--heartbeat-timeout", "30s"]

    /// Starts everything, and waits until every agent is registered.
    static func start(agents count: Int) async throws -> Fleet {
        let postgres = try await ThrowawayPostgres.start()
        let name = try await postgres.createDatabaseNamed(prefix: "fleet")
        let direct = postgres.tcpConninfo(database: name)
        try await takeOverRoleSettings(direct)
        try await ChildProcess.run(try Programs.path("migrate"), ["up", "--database", direct])
        let bouncer = try await ThrowawayPgBouncer.start(for: postgres, poolSize: 20)
        let pooled = bouncer.conninfo(database: name)
        var replicas: [TestReplica] = []
        for _ in 0..<3 { replicas.append(try await replica(pooled, direct)) }
        let balancer = try await ThrowawayHAProxy.start(
            configuration: packageFolder + "/docker/haproxy.cfg", replicas: replicas.map(\.port))
        let agents = try (1...count).map { try RealAgent("node-\($0)", url: balancer.url) }
        let fleet = try Fleet(
            postgres, bouncer, balancer, replicas: replicas, agents: agents, database: (direct, pooled))
        for process in fleet.processes { try await process.line(containing: "\"registered\"") }
        return fleet
    }

    private static func replica(_ pooled: String, _ direct: String, port: Int? = nil) async throws -> TestReplica {
        try await TestReplica.start(database: pooled, session: direct, port: port, arguments: pace)
    }

    /// The timeouts that a deployment gives its role, among them the one that frees what a stopped replica's transaction locked.
    private static func takeOverRoleSettings(_ database: String) async throws {
        let roles = try String(contentsOfFile: packageFolder + "/docker/roles.sql", encoding: .utf8)
        for line in roles.split(separator: "\n") where line.hasPrefix("ALTER ROLE navarch SET") {
            _ = try await ask(
                database, String(line).replacing("ROLE navarch", with: "ROLE postgres").replacing(";", with: ""))
        }
    }

    /// The replicas as they run now.
    var running: [TestReplica] { replicas.withLock { $0 } }

    /// Starts a replica that was killed, on its port.
    func startAgain(_ index: Int) async throws {
        let started = try await Self.replica(pooled, database, port: running[index].port)
        replicas.withLock { $0[index] = started }
    }

    /// Waits until every replica says that it is ready and hears.
    func untilReady(within time: Duration = .seconds(30)) async throws {
        for replica in running {
            try await eventually(within: time, every: .milliseconds(50), "\(replica.url) is whole") {
                let answer = try await replica.get("/readyz")
                return answer.status == 200 && !answer.body.contains("LISTEN is deaf")
            }
        }
    }

    /// Every effect that commands had, whichever agent's.
    var effects: [String] { agents.flatMap(\.effects) }

    /// What one number the database gives to a question.
    func count(_ question: String) async throws -> Int {
        let rows = try await ask(database, question)
        return Int(try #require(rows.first).decode(0, as: Int64.self))
    }

    /// The ends of everybody's logs, for a failure.
    var logs: String {
        let replicas = running.flatMap { $0.process.output.suffix(15) }
        return (replicas + processes.flatMap { $0.output.suffix(4) } + postgres.log.suffix(10)).joined(separator: "\n")
    }

    /// Ends everything, agents first. A part that ends otherwise than by itself is told of.
    func end() async throws {
        for process in processes { #expect(await process.end(with: SIGTERM, grace: .seconds(20)) == .code(0)) }
        await balancer.process.end(with: SIGTERM)
        for replica in running { #expect(await replica.stop() == .code(0)) }
        await bouncer.remove()
        await postgres.remove()
        for agent in agents { try agent.remove() }
    }
}
