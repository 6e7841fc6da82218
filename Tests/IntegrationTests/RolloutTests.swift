// SPDX-License-Identifier: MIT
import Connect
import Foundation
import Locks
import NavarchClient
import NavarchTestSupport
import NavarchWire
import Testing

/// A release rolls out: an expand step, then three replicas one after the other, under load, behind the balancer (C23, C24).
@Suite(.serialized) struct RolloutTests {
    private static let seed: UInt64 = 7

    @Test(.timeLimit(.minutes(3)))
    func anExpandStepWhileThreeReplicasRollUnderLoadFailsNoRequestAfterOneRetry() async throws {
        let next = try NextRelease()
        defer { next.remove() }
        let postgres = try await ThrowawayPostgres.start()
        let name = try await postgres.createDatabaseNamed(prefix: "rollout")
        let direct = postgres.tcpConninfo(database: name)
        try await ChildProcess.run(try Programs.path("migrate"), ["up", "--database", direct])
        try await withPgBouncer(for: postgres) { bouncer in
            let fleet = try await RollingFleet.start(pooled: bouncer.conninfo(database: name), direct: direct)
            do {
                try await roll(fleet, to: next)
            } catch {
                Issue.record("\(error)\n\(fleet.logs)")
            }
            await fleet.end()
        }
        await postgres.remove()
    }

    private func roll(_ fleet: RollingFleet, to next: NextRelease) async throws {
        let ledger = CallLedger()
        let isDone = Mutex(false)
        let load = RolloutLoad(url: fleet.balancer.url, ledger: ledger) { isDone.withLock { $0 } }
        let polled = (1...10).map { "polled-\($0)" }
        let streamed = (1...4).map { "streamed-\($0)" }
        var times: [String] = []
        try await withThrowingTaskGroup(of: Void.self) { group in
            for node in polled { group.addTask { try await load.poll(node) } }
            for node in streamed { group.addTask { try await load.stream(node) } }
            try await eventually(within: .seconds(20), "all nodes registered") { ledger.figures.calls > 100 }
            for number in 0..<3 {
                group.addTask { try await load.operate(nodes: polled + streamed, seed: Self.seed + UInt64(number)) }
            }
            try await busy(ledger)
            let migration = ContinuousClock.now
            #expect(try await fleet.migrate(next, ["--expand-only"]) == .code(0))
            times.append("expand \(ContinuousClock.now - migration)")
            try await busy(ledger)
            // Until the last of the older replicas is gone, what it uses stays (C24).
            #expect(try await fleet.migrate(next) == .code(13))
            for index in fleet.ports.indices {
                times.append(try await fleet.replace(index, migrations: next.path))
                try await busy(ledger)
                if index < 2 { #expect(try await fleet.migrate(next) == .code(13)) }
            }
            #expect(try await fleet.migrate(next) == .code(0))
            try await fleet.expectAll(knowing: next.newest)
            try await busy(ledger)
            isDone.withLock { $0 = true }
            // The streams' agents end with a message each.
            try await fleet.nudge(streamed)
            try await group.waitForAll()
        }
        let figures = ledger.figures
        let ends = figures.issued.count
        print(
            "rollout: \(figures.calls) calls, \(ends) commands, \(figures.streams) streams, first tries that failed: "
                + "\(figures.retried), \(times.joined(separator: "; "))")
        #expect(figures.failed == [], "of \(figures.calls) calls")
        #expect(figures.calls > 1_000)
        #expect(figures.completed.values.allSatisfy { $0 == 1 })
        try await fleet.expectEnded(figures.issued)
    }

    /// Waits for two hundred calls more.
    private func busy(_ ledger: CallLedger) async throws {
        let calls = ledger.figures.calls
        try await eventually(within: .seconds(30), "the load goes on") { ledger.figures.calls > calls + 200 }
    }
}

/// Three real replicas behind a real balancer, replaced one by one on their ports.
final class RollingFleet: Sendable {
    let pooled: String
    let direct: String
    let ports: [Int]
    let balancer: ThrowawayHAProxy
    private let replicas: Mutex<[TestReplica]>

    private init(pooled: String, direct: String, balancer: ThrowawayHAProxy, replicas: [TestReplica]) {
        self.pooled = pooled
        self.direct = direct
        self.balancer = balancer
        self.replicas = Mutex(replicas)
        ports = replicas.map(\.port)
    }

    /// How long a replica stays open once it drains; the product's default, which balancers are set up for.
    private static let arguments = ["--drain-notice", "1s"]

    static func start(pooled: String, direct: String) async throws -> RollingFleet {
        var replicas: [TestReplica] = []
        for _ in 0..<3 {
            replicas.append(
                try await TestReplica.start(database: pooled, session: direct, arguments: arguments))
        }
        let balancer = try await ThrowawayHAProxy.start(
            configuration: packageFolder + "/docker/haproxy.cfg", replicas: replicas.map(\.port))
        return RollingFleet(pooled: pooled, direct: direct, balancer: balancer, replicas: replicas)
    }

    /// Ends a replica as a deployment does and starts the other release in its place. The two are the same build; what differs is
    /// the range of schemas that the process registers with: `--migrations` makes it the next release's, which would not
    /// start on the schema that this one's needs. Both run the same statements.
    func replace(_ index: Int, migrations: String) async throws -> String {
        let old = replicas.withLock { $0[index] }
        let start = ContinuousClock.now
        #expect(await old.stop() == .code(0))
        let stopped = ContinuousClock.now
        let new = try await TestReplica.start(
            database: pooled, session: direct, port: ports[index],
            arguments: Self.arguments + ["--migrations", migrations])
        replicas.withLock { $0[index] = new }
        let ready = ContinuousClock.now
        try await eventually(within: .seconds(20), every: .milliseconds(50), "the balancer sends it calls") {
            try await new.get("/metrics").body.contains("SendHeartbeat")
        }
        return "replica \(index + 1): ended in \(stopped - start), ready in \(ready - stopped), "
            + "served in \(ContinuousClock.now - ready)"
    }

    /// Runs `migrate up` with the next release's files; returns how it ended.
    func migrate(_ next: NextRelease, _ more: [String] = []) async throws -> ChildProcess.Exit {
        try await ChildProcess.start(
            try Programs.path("migrate"), ["up", "--files", next.path, "--database", direct] + more
        ).wait()
    }

    func expectAll(knowing schema: Int32) async throws {
        try await withOperator { operators in
            let listed = try await operators.replicas()
            let live = listed.replicas.filter(\.live)
            #expect(live.count == 3)
            #expect(live.allSatisfy { $0.schemaMax == schema })
            #expect(listed.schemaVersion == schema)
        }
    }

    /// A command for each node, so that whoever waits for one sees something.
    func nudge(_ nodes: [String]) async throws {
        try await withOperator { operators in
            for node in nodes {
                var issue = Navarch_V1_IssueCommandRequest()
                issue.nodeID = node
                issue.commandType = .runDiagnostic
                _ = try await operators.issue(issue)
            }
        }
    }

    /// Every one of these commands was acknowledged to its issuer, so every one is there and had its only attempt, or waits.
    func expectEnded(_ commands: Set<String>) async throws {
        try await withOperator { operators in
            for id in commands {
                let command = try await operators.command(id)
                #expect([.succeeded, .queued, .leased, .running].contains(command.state), "\(command)")
            }
        }
    }

    private func withOperator(_ body: (OperatorClient) async throws -> Void) async throws {
        let rpc = try ClientConfiguration(servers: [balancer.url], product: "integration-test").makeRPCClient()
        do {
            try await body(OperatorClient(rpc))
        } catch {
            await rpc.shutdown()
            throw error
        }
        await rpc.shutdown()
    }

    var logs: String {
        replicas.withLock { $0 }.flatMap { $0.process.output.suffix(15) }.joined(separator: "\n")
    }

    func end() async {
        await balancer.process.end(with: SIGTERM)
        for replica in replicas.withLock({ $0 }) where replica.process.isRunning { await replica.stop() }
    }
}
