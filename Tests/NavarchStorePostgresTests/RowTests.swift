// SPDX-License-Identifier: MIT
import Foundation
import NavarchModel
import NavarchStore
import NavarchTestSupport
import Postgres
import Testing

@testable import NavarchStorePostgres

/// What only a look at the rows, or a fault made among them, can show.
@Suite struct RowTests {
    private func number(_ client: PostgresClient, _ question: String) async throws -> Int {
        try #require(try await client.query(PostgresStatement(question)).first).decode(0)
    }

    @Test func anEventCommittedLateGetsALaterPositionAndIsNotSkipped() async throws {
        try await PostgresStoreBackend.withStore { backend in
            let store = backend.store
            let node = try await store.register("n-1", NodeRegistration()).node
            _ = try await store.sequence(limit: 100)
            let start = try await store.head()
            let insert = "INSERT INTO event (type, node_key) VALUES ('late', \(node.key.rawValue))"
            try await backend.client.withTransaction { transaction in
                _ = try await transaction.query(PostgresStatement(insert))
                _ = try await store.issue(
                    CommandRequest(type: .cordon, issuedBy: "x"), for: "n-1", id: CommandID(UUID()))
                _ = try await store.sequence(limit: 100)
                let seen = try await store.events(after: start, limit: 10)
                #expect(seen.map(\.type) == ["command.succeeded", "node.cordoned"])
            }
            let middle = try await store.head()
            #expect(try await store.sequence(limit: 100) == 1)
            #expect(try await store.events(after: middle, limit: 10).map(\.type) == ["late"])
        }
    }

    @Test func theServiceClockSkipsGapsAndCountsNoSecondTwice() async throws {
        try await PostgresStoreBackend.withStore { backend in
            let id = ReplicaID(UUID())
            let replica = Replica(id: id, region: "", address: "", version: "", schemaMin: 1, schemaMax: 1_000)
            _ = try await backend.store.register(replica)
            let back = "UPDATE service_clock SET up = '0', proven_at = clock_timestamp() - interval '1 hour'"
            _ = try await backend.client.query(PostgresStatement(back))
            try await backend.store.beat(id, draining: false)
            let up = "SELECT (extract(epoch FROM up) * 1000)::int FROM service_clock"
            #expect(try await number(backend.client, up) == 0)
            let lately = "UPDATE service_clock SET up = '0', proven_at = clock_timestamp() - interval '3 s'"
            _ = try await backend.client.query(PostgresStatement(lately))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { try await backend.store.beat(id, draining: false) } }
                try await group.waitForAll()
            }
            #expect((3_000..<4_500).contains(try await number(backend.client, up)))
        }
    }

    @Test func aReportThatCameTooLateIsKept() async throws {
        try await PostgresStoreBackend.withStore { backend in
            let node = try await backend.store.register("n-1", NodeRegistration()).node
            let issued = try await backend.store.issue(
                CommandRequest(type: .runDiagnostic, issuedBy: "x"), for: "n-1", id: CommandID(UUID()))
            let token = LeaseToken(command: issued.command.id, attempt: 1, lease: LeaseID(UUID()))
            await #expect(throws: StoreError.self) {
                try await backend.store.complete(token, of: node.key, as: .failed, result: CommandResult())
            }
            let kept =
                "SELECT count(*) FROM audit WHERE action = 'command.late_report' AND details ->> 'outcome' = 'failed'"
            #expect(try await number(backend.client, kept) == 1)
        }
    }

    @Test func anotherIncarnationEndsTermsAndCursors() async throws {
        try await PostgresStoreBackend.withStore { backend in
            let store = backend.store
            let id = ReplicaID(UUID())
            let replica = Replica(id: id, region: "", address: "", version: "", schemaMin: 1, schemaMax: 1_000)
            _ = try await store.register(replica)
            let cursor = try await store.head()
            _ = try await store.register(replica)
            #expect(try await store.head() == cursor)
            try await store.withSession(of: id) { session in
                let term = try #require(try await session.tryLead(.liveness, as: id))
                _ = try await backend.client.query(
                    PostgresStatement("UPDATE database_incarnation SET timeline = 'another'"))
                _ = try await store.register(replica)
                await #expect(throws: StoreError.self) {
                    try await store.staleNodes(term, timeout: .seconds(1), limit: 1)
                }
            }
            await #expect(throws: StoreError.self) { try await store.events(after: cursor, limit: 1) }
        }
    }

    @Test func sqlEnumsHaveTheNamesOfTheSwiftOnes() async throws {
        try await PostgresStoreBackend.withStore { backend in
            let swift: [(type: String, names: [String])] = [
                ("node_lifecycle", Node.Lifecycle.allCases.map(\.rawValue)),
                ("node_schedule", Node.Schedule.allCases.map(\.rawValue)),
                ("node_condition", Node.Condition.allCases.map(\.rawValue)),
                ("node_status", NodeStatus.allCases.map(\.rawValue)),
                ("health_status", HealthStatus.allCases.map(\.rawValue)),
                ("command_type", CommandType.allCases.map(\.rawValue)),
                ("command_state", CommandState.allCases.map(\.rawValue)),
                ("instance_state", InstanceState.allCases.map(\.rawValue)),
            ]
            for (type, names) in swift {
                let question = "SELECT unnest(enum_range(NULL::\(type)))::text"
                let rows = try await backend.client.query(PostgresStatement(question))
                let stored = try rows.map { try $0.decode(0, as: String.self) }
                #expect(Set(stored) == Set(names), "\(type)")
            }
        }
    }

    @Test func hotQueriesUseTheirIndexes() async throws {
        try await PostgresStoreBackend.withStore { backend in
            try await PlanFixture.fill(backend.client)
            let configuration = PostgresConfiguration(conninfo: backend.conninfo)
            try await PostgresSession.withSession(configuration, logger: .init(label: "test")) { session in
                func plan(_ text: StaticString, _ types: String, _ values: String) async throws -> String {
                    for statement in [
                        "DEALLOCATE ALL", "SET navarch.locked = '{1,2}'", "SET plan_cache_mode = force_generic_plan",
                        "PREPARE q\(types.isEmpty ? "" : "(\(types))") AS \(text)",
                    ] {
                        _ = try await session.query(PostgresStatement(statement))
                    }
                    let rows = try await session.query(
                        PostgresStatement("EXPLAIN (COSTS OFF) EXECUTE q\(values.isEmpty ? "" : "(\(values))")"))
                    return try rows.map { try $0.decode(0, as: String.self) }.joined(separator: "\n")
                }
                let lease = try await plan(LeaseQueries.lease, "int8, uuid, interval, uuid", "16, NULL, NULL, NULL")
                #expect(lease.contains("command_leased") && lease.contains("command_queued"), "\(lease)")
                let poll = try await plan(LeaseQueries.work, "int4[]", "NULL")
                #expect(poll.contains("command_queued"), "\(poll)")
                let lapsed = try await plan(UpkeepQueries.lapsedNodes, "", "")
                #expect(lapsed.contains("command_lease_end") || lapsed.contains("command_leased"), "\(lapsed)")
                let complete = try await plan(
                    LeaseQueries.complete, "uuid[], int4[], uuid[], int4[], text[], json[]",
                    "NULL, NULL, NULL, NULL, NULL, NULL")
                #expect(complete.contains("command_pkey") || complete.contains("command_running"), "\(complete)")
                for text in [lease, poll, lapsed, complete] {
                    #expect(!text.contains("Seq Scan on command"), "\(text)")
                }
                let sequence = try await plan(FeedQueries.sequence, "int8", "1000")
                #expect(
                    sequence.contains("event_unsequenced") && !sequence.contains("Seq Scan on event"), "\(sequence)")
            }
        }
    }
}

/// A table as it is after weeks: many finished commands, few that wait.
private enum PlanFixture {
    static func fill(_ client: PostgresClient) async throws {
        for statement in [
            "INSERT INTO node (id) SELECT 'n-' || n FROM generate_series(1, 500) n",
            """
            INSERT INTO command (id, node_key, type, state, not_after, run_timeout, issued_by, finished_at)
            SELECT gen_random_uuid(), 1 + n % 500, 'run_diagnostic', CASE WHEN n % 400 = 0 THEN 'queued' ELSE 'succeeded' END::command_state,
                   clock_timestamp() + interval '1 day', '1 h', 'x', CASE WHEN n % 400 = 0 THEN NULL ELSE clock_timestamp() END
              FROM generate_series(1, 40000) n
            """,
            "INSERT INTO event (type, node_key, pos) SELECT 'x', 1, n FROM generate_series(1, 40000) n",
            "ANALYZE",
        ] {
            _ = try await client.query(PostgresStatement(statement))
        }
    }
}
