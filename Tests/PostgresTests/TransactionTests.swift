// SPDX-License-Identifier: MIT
import NavarchTestSupport
import Postgres
import Synchronization
import Testing

@Suite struct TransactionTests {
    private struct Refused: Error {}

    /// How often a body ran.
    private final class Runs: Sendable {
        let count = Atomic(0)
    }

    private func count(_ client: PostgresClient) async throws -> Int {
        try await client.query("SELECT count(*) FROM t")[0].decode(0)
    }

    private func sleepers(_ client: PostgresClient) async throws -> Int {
        try await client.query(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND state = 'active' AND query LIKE 'SELECT pg_sleep%'
            """)[0].decode(0)
    }

    @Test func whatReturnsIsCommittedAndWhatThrowsIsRolledBack() async throws {
        try await withDatabase { client in
            _ = try await client.query("CREATE TABLE t (n int)")
            let n = try await client.withTransaction { tx in
                _ = try await tx.query("INSERT INTO t VALUES (1)")
                return try await tx.query("SELECT count(*) FROM t")[0].decode(0, as: Int.self)
            }
            #expect(n == 1)
            await #expect(throws: Refused.self) {
                try await client.withTransaction { tx in
                    _ = try await tx.query("INSERT INTO t VALUES (2)")
                    throw Refused()
                }
            }
            #expect(try await count(client) == 1)
        }
    }

    @Test func aCancelledTransactionIsRolledBackAndItsConnectionGoesBack() async throws {
        try await withDatabase({ $0.poolSize = 2 }) { client in
            _ = try await client.query("CREATE TABLE t (n int)")
            for _ in 0..<10 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        await #expect(throws: (any Error).self) {
                            try await client.withTransaction { tx in
                                _ = try await tx.query("INSERT INTO t VALUES (1)")
                                _ = try await tx.query("SELECT pg_sleep(0.2)")
                            }
                        }
                    }
                    try await eventually { try await self.sleepers(client) == 1 }
                    group.cancelAll()
                }
            }
            #expect(try await count(client) == 0)
            try await eventually { client.status.held == 0 && client.status.connected == 2 }
        }
    }

    @Test func aSwallowedErrorCannotBeCommitted() async throws {
        try await withDatabase { client in
            _ = try await client.query("CREATE TABLE t (n int)")
            let error = try await failure {
                try await client.withTransaction { tx in
                    _ = try await tx.query("INSERT INTO t VALUES (1)")
                    let inner = try await failure { _ = try await tx.query("SELECT 1/0") }
                    #expect(inner?.sqlState == "22012")
                }
            }
            #expect(error?.outcome == .notDone)
            #expect(try await count(client) == 0)
        }
    }

    @Test func aCommitThatFailsIsNotDone() async throws {
        try await withDatabase { client in
            _ = try await client.query("CREATE TABLE t (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            let error = try await failure {
                try await client.withTransaction { tx in _ = try await tx.query("INSERT INTO t VALUES (1), (1)") }
            }
            #expect(error?.sqlState == "23505")
            #expect(error?.outcome == .notDone)
            #expect(try await client.withTransaction { try await $0.query("TABLE t").count } == 0)
        }
    }

    @Test func isolationAndReadOnlyReachTheServer() async throws {
        try await withDatabase { client in
            for (level, name) in [
                (PostgresIsolation.readCommitted, "read committed"), (.repeatableRead, "repeatable read"),
                (.serializable, "serializable"),
            ] {
                let row = try await client.withTransaction(isolation: level, readOnly: true) { tx in
                    try await tx.query(
                        "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')")[0]
                }
                #expect(try row.decode(0, as: String.self) == name)
                #expect(try row.decode(1, as: String.self) == "on")
            }
        }
    }

    @Test func transactionsQueueForConnectionsAndUnitsGoOnBeside() async throws {
        try await withDatabase({ $0.poolSize = 3 }) { client in
            _ = try await client.query("CREATE TABLE t (n int)")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for n in 0..<40 {
                    group.addTask {
                        try await client.withTransaction { tx in
                            _ = try await tx.query(PostgresStatement("INSERT INTO t VALUES ($1)", [.int4(Int32(n))]))
                            let mine = try await tx.query(
                                PostgresStatement("SELECT n FROM t WHERE n = $1", [.int4(Int32(n))]))
                            #expect(mine.count == 1)
                        }
                    }
                    group.addTask {
                        let answer = try await client.query(PostgresStatement("SELECT $1", [.int4(Int32(n))]))
                        #expect(try answer[0].decode(0, as: Int.self) == n)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await count(client) == 40)
        }
    }

    @Test func aSerializationFailureSaysThatItMayBeTriedAgain() async throws {
        try await withDatabase { client in
            _ = try await client.query("CREATE TABLE t AS SELECT 1 AS n")
            let error = try await failure {
                try await client.withTransaction(isolation: .repeatableRead) { tx in
                    _ = try await tx.query("SELECT n FROM t")
                    _ = try await client.query("UPDATE t SET n = 2")
                    _ = try await tx.query("UPDATE t SET n = 3")
                }
            }
            #expect(error?.isTransient == true)
            #expect(error?.outcome == .notDone)
        }
    }

    @Test func aSavepointUndoesWhatThrewAndKeepsTheRest() async throws {
        try await withDatabase { client in
            _ = try await client.query("CREATE TABLE t (n int UNIQUE)")
            try await client.withTransaction { tx in
                _ = try await tx.query("INSERT INTO t VALUES (1)")
                let inner = try await failure {
                    try await tx.withSavepoint { tx in
                        _ = try await tx.query("INSERT INTO t VALUES (2)")
                        _ = try await tx.query("INSERT INTO t VALUES (1)")
                    }
                }
                #expect(inner?.sqlState == "23505")
                try await tx.withSavepoint { tx in
                    _ = try await tx.query("INSERT INTO t VALUES (3)")
                    await #expect(throws: Refused.self) {
                        try await tx.withSavepoint { tx in
                            _ = try await tx.query("INSERT INTO t VALUES (4)")
                            throw Refused()
                        }
                    }
                }
            }
            let left = try await client.query("SELECT n FROM t ORDER BY n").map { try $0.decode(0, as: Int.self) }
            #expect(left == [1, 3])
        }
    }

    @Test func anErrorSwallowedInASavepointIsNotKept() async throws {
        try await withDatabase { client in
            _ = try await client.query("CREATE TABLE t (n int)")
            try await client.withTransaction { tx in
                _ = try await tx.query("INSERT INTO t VALUES (1)")
                let error = try await failure {
                    try await tx.withSavepoint { tx in
                        _ = try await tx.query("INSERT INTO t VALUES (2)")
                        _ = try await failure { _ = try await tx.query("SELECT 1/0") }
                    }
                }
                #expect(error?.sqlState == "25P02")
            }
            #expect(try await client.query("SELECT n FROM t")[0].decode(0, as: Int.self) == 1)
            #expect(try await count(client) == 1)
        }
    }

    @Test func transactionsThatMeetRunAgainUntilEachHasCounted() async throws {
        try await withDatabase { client in
            _ = try await client.query("CREATE TABLE t AS SELECT 0 AS n")
            let runs = Runs()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<10 {
                            try await client.withTransaction(isolation: .serializable, attempts: 1_000) { tx in
                                runs.count.add(1, ordering: .relaxed)
                                let n: Int = try await tx.query("SELECT n FROM t")[0].decode(0)
                                _ = try await tx.query(
                                    PostgresStatement("UPDATE t SET n = $1", [.int4(Int32(n + 1))]))
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await client.query("SELECT n FROM t")[0].decode(0, as: Int.self) == 80)
            #expect(runs.count.load(ordering: .relaxed) > 80, "none of them met, so nothing was tried again")
        }
    }

    @Test func otherErrorsAreNotTriedAgain() async throws {
        try await withDatabase { client in
            let runs = Runs()
            let error = try await failure {
                try await client.withTransaction(attempts: 5) { tx in
                    runs.count.add(1, ordering: .relaxed)
                    _ = try await tx.query("SELECT 1/0")
                }
            }
            #expect(error?.sqlState == "22012")
            #expect(runs.count.load(ordering: .relaxed) == 1)
        }
    }

    @Test func aDeferrableSnapshotReachesTheServer() async throws {
        try await withDatabase { client in
            let row = try await client.withTransaction(isolation: .serializable, readOnly: true, deferrable: true) {
                try await $0.query("SELECT current_setting('transaction_deferrable')")[0]
            }
            #expect(try row.decode(0, as: String.self) == "on")
        }
    }
}
