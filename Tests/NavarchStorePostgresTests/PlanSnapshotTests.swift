// SPDX-License-Identifier: MIT
import NavarchTestSupport
import Postgres
import Testing

@testable import NavarchStorePostgres

/// Plans of the statements that run all the time, with the statistics of a big fleet: none reads a whole big table.
@Suite struct PlanSnapshotTests {
    /// A hot statement, and what it is given here, as SQL.
    private struct Hot {
        let name: String
        let arguments: String

        init(_ name: String, _ arguments: String = "") {
            self.name = name
            self.arguments = arguments
        }
    }

    private static let keyList = "{" + (100...163).map(String.init).joined(separator: ",") + "}"
    private static let keys = "'\(keyList)'"
    private static let none = "'00000000-0000-0000-0000-000000000000'"
    private static let ids =
        "'{" + (1...4).map { "00000000-0000-0000-0000-00000000000\($0)" }.joined(separator: ",") + "}'"
    private static let leases = "\(ids), '{1,1,1,1}', \(ids)"

    private static let hot = [
        // Heartbeats (C18) and the sweep that judges silence (C19).
        Hot("HeartbeatQueries.record", keys),
        Hot("HeartbeatQueries.storeMetrics", "\(keys), '{}', '{}', '{}'"),
        Hot("UpkeepQueries.markUnreachable", "\(keys), '90 s', 'silent'"),
        // The sweep of waiters (C2), the lease with its gate, and reports (C10, C11).
        Hot("LeaseQueries.queued"),
        Hot("LeaseQueries.work", keys),
        Hot("LeaseQueries.lease", "16, \(none), '60 s', \(none)"),
        Hot("LeaseQueries.leaseAndClose", "16, \(none), \(none), 'closed'"),
        Hot("LeaseQueries.underLease", none),
        Hot("LeaseQueries.giveBack", leases),
        Hot("LeaseQueries.acknowledge", "\(leases), '{1,2,3,4}', '60 s'"),
        Hot("LeaseQueries.renew", "\(leases), 1, '60 s'"),
        Hot("LeaseQueries.progress", "\(none), 1, \(none), 1, 50, 'half'"),
        Hot("LeaseQueries.complete", "\(leases), '{1,2,3,4}', '{succeeded,failed,failed,unknown}', '{}'"),
        // Lapsed leases and old commands, every second (C12).
        Hot("UpkeepQueries.lapsedNodes"),
        Hot("UpkeepQueries.expireLeases", "5"),
        Hot("UpkeepQueries.expireQueued", "100"),
        // Issuing and reading (C13), and the feed (C22).
        Hot("CommandQueries.existing", "\(ids), '{operator,operator}', '{a,b}'"),
        Hot("CommandQueries.byID", none),
        Hot("CommandQueries.page", "'infinity', \(none), 100, '', ''"),
        Hot("CommandQueries.pageOfNode", "'infinity', \(none), 100, '', '', 'node-5'"),
        Hot("NodeQueries.keys", "'{node-1,node-2}'"),
        Hot("NodeQueries.lock", "'node-1'"),
        Hot("NodeQueries.page", "'', 100, '', '', '', '', '{}', '[]'"),
        Hot("FeedQueries.sequence", "1000"),
        Hot("FeedQueries.after", "90000, 1000"),
    ]

    /// Only these may be read whole: they have one row.
    private static let small = ["service_clock", "feed_head", "database_incarnation"]

    @Test func noHotStatementReadsABigTableWhole() async throws {
        try await PostgresStoreBackend.withStore { backend in
            var text = ""
            try await PostgresSession.withSession(
                PostgresConfiguration(conninfo: backend.conninfo), logger: Snapshot.quiet
            ) { session in
                for statement in Self.bigFleet {
                    _ = try await session.query(PostgresStatement(statement), deadline: .seconds(60))
                }
                for hot in Self.hot {
                    let sql = try #require(StoreQueries.all.first { $0.key == hot.name }).value
                    _ = try await session.query(PostgresStatement("PREPARE one AS \(sql)"))
                    for mode in ["force_custom_plan", "force_generic_plan"] {
                        _ = try await session.query(
                            PostgresStatement("SELECT set_config('plan_cache_mode', '\(mode)', false)"))
                        let plan = try await Self.plan(hot, session)
                        for line in plan where line.contains("Seq Scan on ") {
                            let table = line.split(separator: "Seq Scan on ")[1]
                            #expect(
                                Self.small.contains { table == $0 || table.hasPrefix("\($0) ") },
                                "\(hot.name), \(mode):\n\(plan.joined(separator: "\n"))")
                        }
                        if mode == "force_generic_plan" {
                            text += "\(hot.name)\n" + plan.map { "    \($0)\n" }.joined() + "\n"
                        }
                    }
                    _ = try await session.query("DEALLOCATE one")
                }
            }
            try Snapshot.compare(text, with: "plans.txt")
        }
    }

    private static func plan(_ hot: Hot, _ session: PostgresSession) async throws -> [String] {
        let arguments = hot.arguments.isEmpty ? "" : "(\(hot.arguments))"
        let rows = try await session.query(
            PostgresStatement("EXPLAIN (COSTS OFF, VERBOSE OFF) EXECUTE one\(arguments)"))
        return try rows.map { try $0.decode(0) }
    }

    /// 20,000 nodes, a thousand of which have something to do, over 60,000 commands and 100,000 events of the past.
    private static let bigFleet = [
        """
        INSERT INTO node (id, provider, region, zone, labels)
        SELECT 'node-' || n, 'gcp', 'r' || n % 3, 'z' || n % 9, jsonb_build_object('pool', 'p' || n % 20)
          FROM generate_series(1, 20000) n
        """,
        "INSERT INTO liveness (node_key, last_seen, seen_up) SELECT key, clock_timestamp(), '1 h' FROM node",
        "INSERT INTO node_metrics (node_key) SELECT key FROM node",
        """
        INSERT INTO command (id, node_key, type, state, attempt, lease_id, not_after, run_timeout, issued_at, started_at,
                             finished_at, issued_by, idempotency_key)
        SELECT gen_random_uuid(), n % 20000 + 1, 'run_diagnostic', 'succeeded', 1, gen_random_uuid(), t + interval '1 h',
               '10 min', t, t, t + interval '1 min', 'operator', CASE WHEN n % 2 = 0 THEN 'key-' || n ELSE '' END
          FROM generate_series(1, 60000) n, LATERAL (SELECT clock_timestamp() - n * interval '10 s' AS t) x
        """,
        """
        INSERT INTO command (id, node_key, type, state, attempt, lease_id, lease_until, not_after, run_timeout, issued_by,
                             run_until_up)
        SELECT gen_random_uuid(), n * 20 % 20000 + 1, 'run_diagnostic', s.state::command_state, 1,
               CASE WHEN s.state <> 'queued' THEN gen_random_uuid() END,
               CASE WHEN s.state <> 'queued' THEN clock_timestamp() + interval '1 min' END, clock_timestamp() + interval '1 h',
               '10 min', 'operator', '2 h'
          FROM generate_series(1, 1000) n, LATERAL (SELECT (ARRAY['queued', 'leased', 'running'])[1 + n % 3] AS state) s
        """,
        """
        INSERT INTO event (pos, type, node_key) SELECT CASE WHEN n <= 99900 THEN n END, 'command.succeeded', n % 20000 + 1
          FROM generate_series(1, 100000) n
        """,
        "UPDATE feed_head SET pos = 99900",
        "VACUUM ANALYZE",
        "SELECT set_config('navarch.locked', '\(keyList)', false)",
    ]
}
