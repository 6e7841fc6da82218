// SPDX-License-Identifier: MIT
import Foundation
import Locks
import NavarchTestSupport
import Postgres
import Testing

import struct Synchronization.Atomic

/// What each unit of a load was told, to be compared with what the database holds.
private final class Ledger: Sendable {
    struct Entry: Sendable {
        var outcomes: [Int32: PostgresError.Outcome] = [:]
    }

    private let entries = Mutex(Entry())
    private let last = Atomic<Int32>(0)
    private let stopped = Atomic(false)

    var isStopped: Bool { stopped.load(ordering: .relaxed) }
    func stop() { stopped.store(true, ordering: .relaxed) }
    func next() -> Int32 { last.add(1, ordering: .relaxed).newValue }
    func record(_ n: Int32, _ outcome: PostgresError.Outcome) { entries.withLock { $0.outcomes[n] = outcome } }
    var outcomes: [Int32: PostgresError.Outcome] { entries.withLock { $0.outcomes } }
    var done: Int { outcomes.values.count { $0 == .done } }
}

/// Processes die, connections are cut and go silent: every unit ends as not done, done or unknown, and the database agrees (C8).
@Suite(.serialized) struct FaultTests {
    /// Tasks that insert one row after the other until told to stop; nothing may take longer than its deadline.
    private func load(_ client: PostgresClient, _ ledger: Ledger, tasks: Int, deadline: Duration) async throws {
        let clock = ContinuousClock()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<tasks {
                group.addTask {
                    while !ledger.isStopped {
                        let n = ledger.next()
                        let start = clock.now
                        do {
                            _ = try await client.unit(
                                [PostgresStatement("INSERT INTO done VALUES ($1)", [.int4(n)]), "SELECT 1"],
                                deadline: deadline)
                            ledger.record(n, .done)
                        } catch let error as PostgresError {
                            ledger.record(n, error.outcome)
                            // Not to spin while the server is away.
                            if error.outcome == .notDone { await Task.yield() }
                        }
                        #expect(clock.now - start < deadline + .seconds(2))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Every row that was reported done is there, every one reported not done is not, and none is there twice.
    private func compare(_ ledger: Ledger, _ client: PostgresClient, mayBeLost: Bool = false) async throws {
        let rows = try await client.query("SELECT n FROM done", deadline: .seconds(30))
        let stored = try rows.map { try $0.decode(0, as: Int32.self) }
        #expect(Set(stored).count == stored.count)
        let present = Set(stored)
        for (n, outcome) in ledger.outcomes {
            switch outcome {
            case .done: #expect(present.contains(n), "\(n) was reported done and is not there")
            case .notDone: #expect(!present.contains(n), "\(n) was reported not done and is there")
            case .unknown: continue
            }
        }
    }

    /// Loads a pool while `fault` happens, waits until units succeed again, and compares.
    private func survive(
        _ configuration: PostgresConfiguration, tasks: Int = 64, deadline: Duration = .seconds(5),
        fault: (PostgresClient) async throws -> Void
    ) async throws -> Ledger {
        try await PostgresClient.withClient(configuration, logger: quiet) { client in
            _ = try await client.query("CREATE TABLE done (n int)")
            let ledger = Ledger()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await load(client, ledger, tasks: tasks, deadline: deadline) }
                do {
                    try await eventually("a load") { ledger.done > 200 && client.status.connected == 4 }
                    try await fault(client)
                    let before = ledger.done
                    try await eventually(within: .seconds(20), "units that succeed again") {
                        ledger.done > before + 200
                    }
                } catch {
                    ledger.stop()
                    throw error
                }
                ledger.stop()
                try await group.waitForAll()
            }
            try await compare(ledger, client)
            try await eventually("all connections") { client.status.connected == client.status.size }
            return ledger
        }
    }

    @Test func aKilledServerLosesNothingThatWasReportedDone() async throws {
        let server = try await ThrowawayPostgres.start(fsync: true)
        _ = try await survive(PostgresConfiguration(conninfo: server.conninfo())) { client in
            await server.kill()
            try await server.startServer()
            let clock = ContinuousClock()
            let start = clock.now
            try await eventually { client.status.connected == client.status.size }
            #expect(clock.now - start < .seconds(2.5))
        }
        await server.remove()
    }

    @Test func terminatedBackEndsLeaveNoUnitWithoutAnOutcome() async throws {
        let server = try await ThrowawayPostgres.shared
        let name = try await server.createDatabaseNamed()
        let configuration = PostgresConfiguration(conninfo: server.conninfo(database: name))
        let ledger = try await survive(configuration) { _ in
            try await PostgresSession.withSession(configuration, logger: quiet) { other in
                for _ in 0..<20 {
                    _ = try await other.query(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND pid <> pg_backend_pid()
                        """)
                }
            }
        }
        #expect(ledger.outcomes.values.contains { $0 != .done })
    }

    @Test func aCutConnectionEndsItsUnitsAndIsMadeAgain() async throws {
        let server = try await ThrowawayPostgres.shared
        let name = try await server.createDatabaseNamed()
        let proxy = try TCPProxy(to: server.port)
        defer { proxy.end() }
        let configuration = PostgresConfiguration(conninfo: server.tcpConninfo(database: name, port: proxy.port))
        let ledger = try await survive(configuration) { client in
            for _ in 0..<5 {
                let before = client.status.connects
                proxy.cut()
                try await eventually { client.status.connects >= before + 4 }
            }
            proxy.halfClose()
        }
        #expect(ledger.outcomes.values.contains(.unknown))
    }

    @Test(arguments: [TCPProxy.Mode.swallow, .swallowAnswers])
    func nothingHangsPastItsDeadlineWhenBytesAreSwallowed(_ mode: TCPProxy.Mode) async throws {
        let server = try await ThrowawayPostgres.shared
        let name = try await server.createDatabaseNamed()
        let proxy = try TCPProxy(to: server.port)
        defer { proxy.end() }
        var configuration = PostgresConfiguration(conninfo: server.tcpConninfo(database: name, port: proxy.port))
        configuration.overdueGrace = .milliseconds(300)
        configuration.connectTimeout = .seconds(1)
        let ledger = try await survive(configuration, deadline: .seconds(1)) { client in
            proxy.mode = mode
            try await eventually("silent connections closed") { client.status.disconnects >= 4 }
            proxy.mode = .forward
        }
        #expect(ledger.outcomes.values.contains(.unknown))
    }

    @Test func bytesOneAtATimeAreNoFault() async throws {
        let server = try await ThrowawayPostgres.shared
        let name = try await server.createDatabaseNamed()
        let proxy = try TCPProxy(to: server.port)
        defer { proxy.end() }
        proxy.mode = .trickle
        let configuration = PostgresConfiguration(conninfo: server.tcpConninfo(database: name, port: proxy.port))
        let ledger = try await survive(configuration, tasks: 8) { _ in }
        #expect(ledger.outcomes.values.allSatisfy { $0 == .done })
    }

    @Test func aStoppedServerIsNoticedByDeadlinesAndTakenBack() async throws {
        let server = try await ThrowawayPostgres.start()
        var configuration = PostgresConfiguration(conninfo: server.conninfo())
        configuration.overdueGrace = .seconds(30)
        _ = try await survive(configuration, deadline: .seconds(1)) { client in
            server.suspend()
            let error = try await failure { _ = try await client.query("SELECT 1", deadline: .milliseconds(500)) }
            #expect(error?.kind == .deadline)
            server.resume()
        }
        await server.remove()
    }

    @Test func aKilledPgBouncerLeavesUnitsUnknownAndIsTakenBack() async throws {
        let server = try await ThrowawayPostgres.shared
        let name = try await server.createDatabaseNamed()
        try await withPgBouncer(for: server) { bouncer in
            let configuration = PostgresConfiguration(conninfo: bouncer.conninfo(database: name))
            _ = try await survive(configuration) { client in
                await bouncer.kill()
                try await bouncer.startAgain()
                try await eventually { client.status.connected == client.status.size }
            }
        }
    }

    @Test func aCommitWhoseAnswerIsSwallowedIsUnknown() async throws {
        let server = try await ThrowawayPostgres.shared
        let name = try await server.createDatabaseNamed()
        let proxy = try TCPProxy(to: server.port)
        defer { proxy.end() }
        let configuration = PostgresConfiguration(conninfo: server.tcpConninfo(database: name, port: proxy.port))
        try await PostgresClient.withClient(configuration, logger: quiet) { client in
            _ = try await client.query("CREATE TABLE done (n int)")
            let error = try await failure {
                try await client.withTransaction(deadline: .seconds(1)) { tx in
                    _ = try await tx.query("INSERT INTO done VALUES (1)")
                    proxy.mode = .swallowAnswers
                }
            }
            #expect(error?.outcome == .unknown)
            #expect(error?.statement == nil || error?.statement == "COMMIT")
            proxy.mode = .forward
            proxy.cut()
            #expect(try await client.query("TABLE done").count == 1)
        }
    }

    @Test func aTransactionThatLosesItsConnectionBeforeCommitIsNotDone() async throws {
        let server = try await ThrowawayPostgres.shared
        let name = try await server.createDatabaseNamed()
        let proxy = try TCPProxy(to: server.port)
        defer { proxy.end() }
        let configuration = PostgresConfiguration(conninfo: server.tcpConninfo(database: name, port: proxy.port))
        try await PostgresClient.withClient(configuration, logger: quiet) { client in
            _ = try await client.query("CREATE TABLE done (n int)")
            let error = try await failure {
                try await client.withTransaction { tx in
                    _ = try await tx.query("INSERT INTO done VALUES (1)")
                    proxy.cut()
                    _ = try await tx.query("INSERT INTO done VALUES (2)")
                }
            }
            #expect(error?.outcome == .notDone)
            // Past the proxy: the pool may not have noticed yet which of its connections are cut.
            let direct = PostgresConfiguration(conninfo: server.conninfo(database: name))
            let rows = try await PostgresSession.withSession(direct, logger: quiet) { session in
                try await session.query("TABLE done")
            }
            #expect(rows.isEmpty)
            try await eventually { client.status.held == 0 }
        }
    }
}
