// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchStore
import Postgres

extension PostgresStore: UpkeepStore {
    public func expireLeases(_ term: Term, maxExpiries: Int32) async throws(StoreError) -> [NodeKey] {
        try await led(term, "expire leases") { transaction in
            let lapsed = PostgresStatement(UpkeepQueries.lapsedNodes, name: "upkeep.lapsed_nodes")
            let keys = try await transaction.query(lapsed).map { try $0.key(0) }
            guard !keys.isEmpty else { return [] }
            let expire = PostgresStatement(
                UpkeepQueries.expireLeases, [.int4(maxExpiries)], name: "upkeep.expire_leases")
            return try await transaction.unit([Self.lock(keys), expire])[1].map { try $0.key(0) }
        }
    }

    public func expireQueued(_ term: Term, limit: Int) async throws(StoreError) -> Int {
        try await led(term, "expire queued commands") { transaction in
            let overdue = PostgresStatement(
                UpkeepQueries.overdueNodes, [.int8(Int64(limit))], name: "upkeep.overdue_nodes")
            let keys = try await transaction.query(overdue).map { try $0.key(0) }
            guard !keys.isEmpty else { return 0 }
            let expire = PostgresStatement(
                UpkeepQueries.expireQueued, [.int8(Int64(limit))], name: "upkeep.expire_queued")
            return try await transaction.unit([Self.lock(keys), expire])[1].count
        }
    }

    public func judgeRunning(_ term: Term, limit: Int) async throws(StoreError) -> Int {
        // Out of contact needs no mark: it is read off the lapsed lease.
        try await led(term, "judge running commands") { transaction in
            let end = PostgresStatement(UpkeepQueries.endOverrun, [.int8(Int64(limit))], name: "upkeep.end_overrun")
            return try await transaction.query(end).count
        }
    }

    public func staleNodes(
        _ term: Term, timeout: Duration, limit: Int
    ) async throws(StoreError) -> (stale: [StaleNode], zones: [String: LivenessVerdict.Zone]) {
        try await led(term, "look for silent nodes") { transaction in
            let look = PostgresStatement(
                UpkeepQueries.stale, [.interval(timeout), .int8(Int64(limit))], name: "upkeep.stale")
            let stale = try await transaction.query(look).map { row in
                StaleNode(key: try row.key(0), id: NodeID(try row.decode(1)), zone: try row.decode(2))
            }
            var zones: [String: LivenessVerdict.Zone] = [:]
            guard !stale.isEmpty else { return (stale, zones) }
            let count = PostgresStatement(UpkeepQueries.zones, [.interval(timeout)], name: "upkeep.zones")
            for row in try await transaction.query(count) {
                zones[try row.decode(0)] = LivenessVerdict.Zone(silent: try row.decode(1), nodes: try row.decode(2))
            }
            return (stale, zones)
        }
    }

    public func markUnreachable(
        _ term: Term, _ keys: [NodeKey], timeout: Duration, reason: String
    ) async throws(StoreError) -> [NodeKey] {
        try await led(term, "mark \(keys.count) nodes unreachable") { transaction in
            let mark = PostgresStatement(
                UpkeepQueries.markUnreachable, [.keys(keys), .interval(timeout), .text(reason)],
                name: "upkeep.mark_unreachable")
            return try await transaction.query(mark).map { try $0.key(0) }.sorted()
        }
    }

    public func prune(_ term: Term, retention: Retention, limit: Int) async throws(StoreError) -> Int {
        // A transaction for each kind, so that none holds its locks for the others.
        var gone = 0
        for (text, name, kept) in Self.prunings(retention) {
            let statement = PostgresStatement(text, [.interval(kept), .int8(Int64(limit))], name: name)
            gone += try await led(term, name) { try await $0.query(statement).affected }
        }
        return gone
    }

    private static func prunings(_ retention: Retention) -> [(text: StaticString, name: String, kept: Duration)] {
        [
            (UpkeepQueries.pruneCommands, "upkeep.prune_commands", retention.commands),
            (UpkeepQueries.pruneEvents, "upkeep.prune_events", retention.events),
            (UpkeepQueries.pruneReports, "upkeep.prune_reports", retention.healthReports),
            (UpkeepQueries.pruneHealthEvents, "upkeep.prune_health_events", retention.healthReports),
            (UpkeepQueries.pruneReplicas, "upkeep.prune_replicas", retention.replicas),
        ]
    }

    private static func lock(_ keys: [NodeKey]) -> PostgresStatement {
        PostgresStatement(LeaseQueries.lockNodes, [.keys(keys)], name: "lease.lock_nodes")
    }

    /// A transaction of a led loop: locks the term first, and stops when it is over (C15).
    private func led<Result: Sendable>(
        _ term: Term, _ operation: String, _ body: @Sendable (PostgresTransaction) async throws -> Result
    ) async throws(StoreError) -> Result {
        let incarnation = termIncarnations.withLock { $0[term] }
        let fence = PostgresStatement(
            CoordinationQueries.fence, [.text(term.loop.rawValue), .int8(term.number), .uuid(orNull: incarnation)],
            name: "leadership.fence")
        return try await transaction(operation: operation) { transaction in
            guard try await !transaction.query(fence).isEmpty else {
                throw StoreError(.stale, operation: operation, message: "term \(term.number) of \(term.loop) is over")
            }
            return try await body(transaction)
        }
    }
}
