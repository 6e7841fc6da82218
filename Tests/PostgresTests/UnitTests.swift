// SPDX-License-Identifier: MIT
import Locks
import NavarchTestSupport
import Postgres
import Testing

@Suite struct UnitTests {
    @Test func aQueryAnswersWithTypedRows() async throws {
        try await withDatabase { client in
            let rows = try await client.query(
                PostgresStatement(
                    "SELECT $1 + 1 AS n, $2 AS t, NULL::int AS none FROM generate_series(1, 3)",
                    [.int4(41), .text("héllo")]))
            #expect(rows.count == 3)
            #expect(rows.affected == 3)
            #expect(try rows[0].decode("n", as: Int.self) == 42)
            #expect(try rows[2].decode(1, as: String.self) == "héllo")
            #expect(try rows[1].decode("none", as: Int?.self) == nil)
            let (n, t) = try rows[0].decode(as: Int32.self, String.self)
            #expect(n == 42 && t == "héllo")
            let error = #expect(throws: PostgresDecodingError.self) { try rows[1].decode("none", as: Int.self) }
            #expect(error?.row == 1 && error?.column == "none")
        }
    }

    @Test func aUnitTakesEffectWholeOrNotAtAll() async throws {
        try await withDatabase { client in
            _ = try await client.query("CREATE TABLE t (n int PRIMARY KEY CHECK (n < 100))")
            let rows = try await client.unit([
                PostgresStatement("INSERT INTO t VALUES ($1), ($2)", [.int4(1), .int4(2)]), "TABLE t",
            ])
            #expect(rows[0].affected == 2)
            #expect(try rows[1].map { try $0.decode(0, as: Int.self) } == [1, 2])
            let error = try await failure {
                _ = try await client.unit([
                    PostgresStatement("INSERT INTO t VALUES ($1)", [.int4(3)]),
                    PostgresStatement("INSERT INTO t VALUES ($1)", [.int4(100)], name: "too large"),
                    PostgresStatement("INSERT INTO nowhere VALUES (1)"),
                ])
            }
            #expect(error?.outcome == .notDone)
            #expect(error?.kind == .server)
            #expect(error?.sqlState == "23514")
            #expect(error?.constraint == "t_n_check")
            #expect(error?.statement == "too large")
            #expect(try await client.query("SELECT count(*) FROM t")[0].decode(0, as: Int.self) == 2)
        }
    }

    @Test func aDeferredErrorAtTheSyncFailsTheUnit() async throws {
        try await withDatabase { client in
            _ = try await client.query("CREATE TABLE t (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            let error = try await failure {
                _ = try await client.query("INSERT INTO t VALUES (1), (1)")
            }
            #expect(error?.sqlState == "23505")
            #expect(error?.outcome == .notDone)
            #expect(try await client.query("TABLE t").isEmpty)
        }
    }

    @Test func badRequestsAreRefusedBeforeTheyAreSent() async throws {
        try await withDatabase { client in
            for statement in [
                PostgresStatement(String("SELECT 1 \0; DROP TABLE x")),
                PostgresStatement("SELECT $1::jsonb", [.json("\0")]),
            ] {
                let error = try await failure { _ = try await client.query(statement) }
                #expect(error?.kind == .invalidRequest)
                #expect(error?.outcome == .notDone)
            }
            let copy = try await failure { _ = try await client.query("COPY (SELECT 1) TO STDOUT") }
            #expect(copy != nil)
            #expect(try await client.query("SELECT 1").count == 1)
        }
    }

    @Test func theCallbackFormAnswersOnce() async throws {
        try await withDatabase { client in
            let rows = try await withCheckedThrowingContinuation { continuation in
                client.submit(["SELECT 7", "SELECT 8"]) { continuation.resume(with: $0) }
            }
            #expect(try rows.map { try $0[0].decode(0, as: Int.self) } == [7, 8])
        }
    }
}
