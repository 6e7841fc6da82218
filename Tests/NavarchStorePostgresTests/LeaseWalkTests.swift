// SPDX-License-Identifier: MIT
import Foundation
import Locks
import NavarchModel
import NavarchStore
import NavarchStorePostgres
import NavarchTestSupport
import Postgres
import Testing

/// Two lessors and an expirer over the same nodes, with leases lost, given back and completed at random.
@Suite struct LeaseWalkTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func firstDeliveriesAreInOrderAndNoAttemptIsGivenTwice(seed: UInt64) async throws {
        try await PostgresStoreBackend.withStore { first in
            try await PostgresStoreBackend.withStore(at: first.conninfo) { second in
                try await walk(first, second, seed: seed)
            }
        }
    }

    /// In transaction mode locks and settings must not outlive their unit: the next one may have another server (C5).
    @Test(arguments: [4, 5] as [UInt64])
    func theSameThroughPgBouncer(seed: UInt64) async throws {
        try await withPgBouncer(for: try await ThrowawayPostgres.shared) { bouncer in
            try await PostgresStoreBackend.withPooledStore(through: bouncer) { first in
                try await PostgresStoreBackend.withStore(at: first.conninfo, pool: first.pool) { second in
                    try await walk(first, second, seed: seed)
                    #expect(first.client.status.isPooled && second.client.status.isPooled)
                }
            }
        }
    }

    private func walk(_ first: PostgresStoreBackend, _ second: PostgresStoreBackend, seed: UInt64) async throws {
        try await LeaseLog.install(first.client)
        var keys: [NodeKey] = []
        for number in 0..<8 {
            let node = try await first.store.register(NodeID("n-\(number)"), NodeRegistration()).node
            keys.append(node.key)
            for _ in 0..<12 {
                let request = CommandRequest(type: .runDiagnostic, issuedBy: "walk")
                _ = try await first.store.issue(request, for: node.id, id: CommandID(UUID()))
            }
        }
        let nodes = keys
        let isOver = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, store) in [first.store, second.store].enumerated() {
                group.addTask {
                    var walk = Lessor(
                        store: store, nodes: nodes, generator: SeededGenerator(seed: seed * 10 + UInt64(number)))
                    try await walk.run(until: isOver)
                }
            }
            group.addTask {
                try await expire(second.store, asking: second.client)
                isOver.raise()
            }
            try await group.waitForAll()
        }
        #expect(try await LeaseLog.count(first.client, LeaseLog.attemptsGivenTwice) == 0, "seed \(seed)")
        #expect(try await LeaseLog.count(first.client, LeaseLog.deliveriesOutOfOrder) == 0, "seed \(seed)")
        #expect(try await LeaseLog.count(first.client, LeaseLog.notSucceeded) == 0, "seed \(seed)")
        #expect(try await LeaseLog.count(first.client, LeaseLog.redelivered) > 0, "seed \(seed)")
    }

    /// Requeues what was lost, until every command has ended.
    private func expire(_ store: PostgresStore, asking client: PostgresClient) async throws {
        let replica = ReplicaID(UUID())
        try await store.withSession(of: replica) { session in
            let term = try #require(try await session.tryLead(.commandUpkeep, as: replica))
            try await eventually(within: .seconds(60), every: .milliseconds(10), "all commands ended") {
                _ = try await store.expireLeases(term, maxExpiries: 1_000)
                // One statement: read state by state, a command that is given back meanwhile hides from each.
                return try await LeaseLog.count(client, LeaseLog.notEnded) == 0
            }
        }
    }
}

/// One replica's leasing, at random.
private struct Lessor {
    let store: PostgresStore
    let nodes: [NodeKey]
    var generator: SeededGenerator

    /// Until the last command has ended: one that was lost comes back when its lease has lapsed, however idle it was before.
    mutating func run(until isOver: Flag) async throws {
        while !isOver.isRaised {
            let asked = nodes.shuffled(using: &generator).prefix(Int.random(in: 1...4, using: &generator))
            let batch = try await store.lease(
                for: Array(asked), limit: Int.random(in: 1...3, using: &generator), lease: LeaseID(UUID()),
                duration: .milliseconds(50),
                replica: ReplicaID(UUID()))
            for (key, commands) in Dictionary(grouping: batch.commands, by: \.nodeKey) {
                try await handle(commands.map(\.token), of: key)
            }
        }
    }

    private mutating func handle(_ tokens: [LeaseToken], of node: NodeKey) async throws {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: return  // lost on the way: the expirer finds it
        case 1: _ = try await store.giveBack(tokens)
        default:
            let accepted = Set(try await store.acknowledge(tokens, of: node, duration: .seconds(60)))
            for token in tokens {
                if accepted.contains(token.command) {
                    try await store.complete(token, of: node, as: .succeeded, result: CommandResult())
                } else {
                    // Requeued meanwhile: the old attempt is refused (C11).
                    await #expect(throws: StoreError.self) {
                        try await store.complete(token, of: node, as: .succeeded, result: CommandResult())
                    }
                }
            }
        }
    }
}

/// Something that happens once.
private final class Flag: Sendable {
    private let raised = Mutex(false)
    var isRaised: Bool { raised.withLock { $0 } }
    func raise() { raised.withLock { $0 = true } }
}

/// What a trigger writes down of each lease, inside the leasing transaction and so under the node's lock.
private enum LeaseLog {
    static func install(_ client: PostgresClient) async throws {
        for statement in [
            "CREATE TABLE lease_log (id bigint GENERATED ALWAYS AS IDENTITY, node_key int, seq bigint, command uuid, attempt int, lease uuid)",
            """
            CREATE FUNCTION log_lease() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              INSERT INTO lease_log (node_key, seq, command, attempt, lease) VALUES (new.node_key, new.seq, new.id, new.attempt, new.lease_id);
              RETURN NULL; END $$
            """,
            """
            CREATE TRIGGER log_lease AFTER UPDATE ON command FOR EACH ROW
              WHEN (new.state = 'leased' AND old.state = 'queued') EXECUTE FUNCTION log_lease()
            """,
        ] {
            _ = try await client.query(PostgresStatement(statement))
        }
    }

    static let attemptsGivenTwice =
        "SELECT count(*) FROM (SELECT 1 FROM lease_log GROUP BY command, attempt HAVING count(*) > 1) x"
    static let redelivered = "SELECT count(*) FROM lease_log WHERE attempt > 1"
    static let notEnded = "SELECT count(*) FROM command WHERE state IN ('queued', 'leased', 'running')"
    static let notSucceeded = "SELECT count(*) FROM command WHERE state <> 'succeeded'"
    /// By batches: the rows of one batch are written down in no order.
    static let deliveriesOutOfOrder = """
        SELECT count(*) FROM (SELECT low, lag(high) OVER (PARTITION BY node_key ORDER BY first) AS before
          FROM (SELECT node_key, lease, min(id) AS first, min(seq) AS low, max(seq) AS high FROM lease_log WHERE attempt = 1
                GROUP BY node_key, lease) b) x WHERE before > low
        """

    static func count(_ client: PostgresClient, _ question: String) async throws -> Int {
        try #require(try await client.query(PostgresStatement(question)).first).decode(0)
    }
}
