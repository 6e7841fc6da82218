// SPDX-License-Identifier: MIT
import Foundation
import Locks
import Migrations
import NavarchModel
import NavarchStore
import NavarchStorePostgres
import NavarchTestSupport
import Postgres
import Testing

/// A primary that dies and a standby that takes its place (C26, C27).
@Suite(.serialized) struct FailoverTests {
    private static let writers = 8

    @Test(.timeLimit(.minutes(2)))
    func whatWasAcknowledgedUnderSynchronousReplicationSurvivesAFailover() async throws {
        let primary = try await ThrowawayPostgres.start()
        let name = try await primary.createDatabaseNamed(prefix: "failover")
        _ = try await Migrator(
            files: try .embedded(), conninfo: primary.conninfo(database: name), runner: "test", logger: Snapshot.quiet
        ).up()
        let standby = try await primary.startStandby(named: "second")
        try await Self.replicateSynchronously(primary, to: "second")
        // One address for both, as a deployment has it: whoever takes writes is used.
        let both =
            "host=\(primary.socketDirectory),\(standby.socketDirectory) port=\(primary.port),\(standby.port) "
            + "user=postgres dbname=\(name) target_session_attrs=read-write"
        try await PostgresStoreBackend.withStore(at: both) { backend in
            try await failOver(backend.store, from: primary, to: standby)
        }
        await primary.remove()
        await standby.remove()
    }

    private func failOver(
        _ store: PostgresStore, from primary: ThrowawayPostgres, to standby: ThrowawayPostgres
    ) async throws {
        let replica = Replica(
            id: ReplicaID(UUID()), region: "", address: "", version: "", schemaMin: 1, schemaMax: 1_000)
        let before = try await Self.registration(of: replica, in: store)
        #expect(before.synchronousReplication)
        let incarnation = try await store.head().incarnation
        let acknowledged = Acknowledged()
        for writer in 0..<Self.writers { _ = try await store.register(NodeID("n-\(writer)"), NodeRegistration()) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<Self.writers {
                group.addTask { await Self.write(store, to: NodeID("n-\(writer)"), acknowledged) }
            }
            try await eventually("commands are acknowledged") { acknowledged.all.count > 200 }
            // The standby hangs: what is not on its disk is acknowledged to nobody, and lost with the primary.
            standby.suspend()
            try await PostgresSession.withSession(
                PostgresConfiguration(conninfo: primary.conninfo()), logger: Snapshot.quiet
            ) { session in
                try await eventually(within: .seconds(20), "commits wait for the standby") {
                    try await session.query("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'").count > 0
                }
            }
            await primary.kill()
            standby.resume()
            // Each writer ends with its first error.
            try await group.waitForAll()
        }
        try await PostgresSession.withSession(Self.anyServer(standby.conninfo()), logger: Snapshot.quiet) { session in
            _ = try await session.query("SELECT pg_promote()", deadline: .seconds(30))
        }
        try await eventually(within: .seconds(30), "the store finds the new primary") {
            _ = try await Self.registration(of: replica, in: store)
            return true
        }
        for id in acknowledged.all {
            let command = try await store.command(id)
            #expect(command.state == .queued)
        }
        // Nobody stands behind the new primary yet: the promise does not hold, and the replica is told so.
        #expect(try await Self.registration(of: replica, in: store).synchronousReplication == false)
        #expect(try await store.head().incarnation != incarnation, "another timeline is another incarnation (C27)")
    }

    /// Issues commands one after the other, until one is not acknowledged.
    private static func write(_ store: PostgresStore, to node: NodeID, _ acknowledged: Acknowledged) async {
        while true {
            let request = CommandRequest(type: .runDiagnostic, issuedBy: "failover")
            do {
                let issued = try await store.issue(request, for: node, id: CommandID(UUID()))
                acknowledged.add(issued.command.id)
            } catch {
                return
            }
        }
    }

    private static func registration(
        of replica: Replica, in store: PostgresStore
    ) async throws -> ReplicaRegistration {
        guard case .open(let registration) = try await store.register(replica) else {
            throw StoreError(.refused, operation: "register", message: "the gate is shut")
        }
        return registration
    }

    private static func anyServer(_ conninfo: String) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(conninfo: conninfo)
        configuration.requirePrimary = false
        return configuration
    }

    private static func replicateSynchronously(_ primary: ThrowawayPostgres, to standby: String) async throws {
        try await PostgresSession.withSession(
            PostgresConfiguration(conninfo: primary.conninfo()), logger: Snapshot.quiet
        ) { session in
            _ = try await session.query(PostgresStatement("ALTER SYSTEM SET synchronous_standby_names = '\(standby)'"))
            _ = try await session.query("SELECT pg_reload_conf()")
            try await eventually(within: .seconds(20), "a synchronous standby") {
                try await session.query("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'").count == 1
            }
        }
    }
}

/// Commands whose issuers were told that they are committed.
private final class Acknowledged: Sendable {
    private let commands = Mutex<[CommandID]>([])
    var all: [CommandID] { commands.withLock { $0 } }
    func add(_ command: CommandID) { commands.withLock { $0.append(command) } }
}
