// SPDX-License-Identifier: MIT
import Foundation
import NavarchTestSupport
import NavarchWire
import Postgres
import Testing

/// What is done to a fleet under load.
enum Fault: String, CaseIterable {
    case replicaKilled = "replica: SIGKILL"
    case everyReplicaKilled = "all replicas: SIGKILL"
    case poolerKilled = "PgBouncer: SIGKILL"
    case backEndsTerminated = "back ends: terminated"
    case backEndKilled = "one back end: SIGKILL"
    case databaseRestarted = "PostgreSQL: fast restart"
    case databaseCrashed = "PostgreSQL: immediate restart"
    case leaderStopped = "leader: SIGSTOP for 11 s"
}

/// What was seen of one fault.
struct FaultReport {
    let fault: Fault
    /// From the fault until the part was back.
    var absent = Duration.zero
    /// From then on: until each agent's heartbeat was stored.
    var heartbeats = Duration.zero
    /// From then on: until every replica is ready and hears.
    var ready = Duration.zero
    /// From the fault until another leads all that the victim led; nil where it did not lose its session.
    var takeover: Duration?

    /// One line of the table.
    var line: String {
        let columns = [absent, heartbeats, ready].map(Self.text) + [takeover.map(Self.text) ?? "-"]
        return fault.rawValue.padding(toLength: 32, withPad: " ", startingAt: 0)
            + columns.map { $0.padding(toLength: 14, withPad: " ", startingAt: 0) }.joined()
    }

    /// The table's head.
    static let head =
        "fault".padding(toLength: 32, withPad: " ", startingAt: 0)
        + ["part away", "heartbeats", "all ready", "takeover"]
        .map { $0.padding(toLength: 14, withPad: " ", startingAt: 0) }.joined()

    private static func text(_ duration: Duration) -> String { "\((duration / .milliseconds(1)).rounded() / 1_000) s" }
}

/// Who leads a loop, by which term.
struct Leadership: Equatable {
    let loop: String
    let term: Int64
    let holder: String
}

extension Fleet {
    /// "Each agent has heartbeated within 15 s after the part is back."
    private static let heartbeatBound = Duration.seconds(15)
    /// "A successor leads within 10 s."
    private static let takeoverBound = Duration.seconds(10)
    /// Longer than everything that frees what a stopped replica holds.
    private static let stopTime = Duration.seconds(11)

    /// Injects a fault, waits until everything works again, and reports.
    func suffer(_ fault: Fault, _ generator: inout SeededGenerator) async throws -> FaultReport {
        var report = FaultReport(fault: fault)
        let start = ContinuousClock.now
        switch fault {
        case .replicaKilled:
            try await replaceKilled([Int.random(in: 0..<3, using: &generator)])
        case .everyReplicaKilled: try await replaceKilled([0, 1, 2])
        case .poolerKilled:
            let before = failedBeats
            await bouncer.kill()
            try await untilMissed(since: before)
            try await bouncer.startAgain()
        case .backEndsTerminated:
            let terminate = """
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                 WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
                """
            #expect(try await count(terminate) > 3)
        case .backEndKilled: try await killBackEnd(&generator)
        case .databaseRestarted:
            let before = failedBeats
            await postgres.stopServer()
            try await untilMissed(since: before)
            try await postgres.startServer()
        case .databaseCrashed:
            await postgres.stopServer(SIGQUIT)
            try await postgres.startServer()
        case .leaderStopped: report.takeover = try await stopLeader(start)
        }
        report.absent = ContinuousClock.now - start
        try await recover(&report)
        return report
    }

    /// How often each replica's proof of life has failed.
    private var failedBeats: [Int] {
        running.map { $0.process.output.count { $0.contains("proof of life failed") } }
    }

    /// Kills replicas, and starts them again once the balancer knows that they are gone.
    private func replaceKilled(_ indices: [Int]) async throws {
        let downs = indices.map(self.downs)
        for index in indices { running[index].process.signal(SIGKILL) }
        for index in indices { #expect(await running[index].process.wait() == .signal(SIGKILL)) }
        try await eventually(within: .seconds(10), "the balancer knows") {
            zip(downs, indices.map(self.downs)).allSatisfy { $0 < $1 }
        }
        for index in indices { try await startAgain(index) }
    }

    /// Waits until every replica has failed to prove its life: then calls have failed too.
    private func untilMissed(since before: [Int]) async throws {
        try await eventually(within: .seconds(20), "every replica misses it") {
            zip(before, failedBeats).allSatisfy { $0 < $1 }
        }
    }

    /// How often the balancer has seen that a replica is gone.
    private func downs(_ index: Int) -> Int {
        balancer.process.output.count { $0.contains("/replica-\(index + 1) is DOWN") }
    }

    private func recover(_ report: inout FaultReport) async throws {
        let back = ContinuousClock.now
        let silent = "SELECT count(*) FROM liveness WHERE last_seen <= '\(try await databaseTime())'"
        try await eventually(within: Self.heartbeatBound, every: .milliseconds(50), "every agent heartbeats") {
            try await count(silent) == 0
        }
        report.heartbeats = ContinuousClock.now - back
        try await untilReady()
        report.ready = ContinuousClock.now - back
        try await eventually(within: Self.takeoverBound, every: .milliseconds(100), "every loop is led") {
            try await count(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 2 AND objsubid = 2")
                == 3
        }
    }

    private func databaseTime() async throws -> String {
        let rows = try await ask(database, "SELECT clock_timestamp()::text")
        return try #require(rows.first).decode(0)
    }

    /// PostgreSQL then throws everybody out, and recovers from its log.
    private func killBackEnd(_ generator: inout SeededGenerator) async throws {
        let rows = try await ask(
            database,
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY pid"
        )
        let pids = try rows.map { try $0.decode(0, as: Int32.self) }
        kill(try #require(pids.randomElement(using: &generator)), SIGKILL)
        try await eventually(within: .seconds(30), every: .milliseconds(20), "PostgreSQL recovered") {
            try await count(
                "SELECT count(*) FROM pg_stat_activity WHERE pid IN (\(pids.map(String.init).joined(separator: ",")))")
                == 0
        }
    }
}

// MARK: - The leader that is stopped

extension Fleet {
    /// Stops the replica that leads most, until another leads and longer; returns how long that took. Continued, it changes nothing (C15).
    private func stopLeader(_ start: ContinuousClock.Instant) async throws -> Duration {
        let (index, id) = try await leader()
        let led = try await leadership().filter { $0.holder == id }
        let victim = running[index]
        let losses = sessionLosses(of: victim)
        victim.process.signal(SIGSTOP)
        var successors: [Leadership] = []
        try await eventually(within: Self.takeoverBound, every: .milliseconds(50), "a successor leads") {
            successors = try await leadership().filter { new in led.contains { $0.loop == new.loop } }
            return successors.allSatisfy { new in
                new.holder != id && led.contains { $0.loop == new.loop && $0.term < new.term }
            }
        }
        let takeover = ContinuousClock.now - start
        try await eventually(within: .seconds(20), "stopped long enough") {
            ContinuousClock.now - start >= Self.stopTime
        }
        #expect(try await leadership().filter { successors.contains($0) } == successors, "before it goes on")
        victim.process.signal(SIGCONT)
        try await eventually(within: .seconds(15), "it notices what it lost") { sessionLosses(of: victim) > losses }
        try await victim.untilReady()
        let after = try await leadership()
        #expect(
            after.filter { successors.contains($0) } == successors, "\(id) went on: \(led), \(successors), \(after)")
        return takeover
    }

    private func sessionLosses(of replica: TestReplica) -> Int {
        replica.process.output.count { $0.contains("session connection lost") }
    }

    /// All loops, as the database has them.
    func leadership() async throws -> [Leadership] {
        try await ask(
            database, "SELECT name, term, holder::text FROM leadership WHERE holder IS NOT NULL ORDER BY name"
        )
        .map { row in
            Leadership(loop: try row.decode(0), term: try row.decode(1), holder: try row.decode(2))
        }
    }

    /// The replica that leads most loops, and the id of its run.
    private func leader() async throws -> (index: Int, id: String) {
        let rows = try await ask(
            database,
            """
            SELECT r.address, r.id::text FROM leadership l JOIN replica r ON r.id = l.holder GROUP BY r.id ORDER BY count(*) DESC, r.id LIMIT 1
            """)
        let row = try #require(rows.first)
        let address: String = try row.decode(0)
        let index = try #require(running.firstIndex { "127.0.0.1:\($0.port)" == address })
        return (index, try row.decode(1))
    }
}
