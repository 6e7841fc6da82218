// SPDX-License-Identifier: MIT
import NavarchTestSupport
import Postgres
import Testing

/// Many tasks at once: every answer reaches its asker, and a failing unit hurts no neighbour (C5).
@Suite struct LoadTests {
    /// 512 tasks; one unit in seven fails. Returns how many succeeded.
    private func load(_ client: PostgresClient, perTask: Int) async throws -> Int {
        _ = try await client.query("CREATE TABLE done (task int, n int, UNIQUE (task, n))")
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<512 {
                group.addTask { try await self.work(client, task: task, count: perTask) }
            }
            return try await group.reduce(0, +)
        }
    }

    private func work(_ client: PostgresClient, task: Int, count: Int) async throws -> Int {
        var succeeded = 0
        for n in 0..<count {
            let fails = (task + n) % 7 == 0
            let values: [PostgresValue] = [.int4(Int32(task)), .int4(Int32(n))]
            do {
                let rows = try await client.unit(
                    [
                        PostgresStatement("INSERT INTO done VALUES ($1, $2)", values),
                        PostgresStatement("SELECT $1 * 1000 + $2 / $3", values + [.int4(fails ? 0 : 1)]),
                    ], deadline: .seconds(60))
                #expect(!fails)
                #expect(try rows[1][0].decode(0, as: Int.self) == task * 1000 + n)
                succeeded += 1
            } catch let error as PostgresError {
                #expect(fails && error.sqlState == "22012" && error.outcome == .notDone, "\(error)")
            }
        }
        return succeeded
    }

    @Test func noAnswerIsLostDoubledOrMisplaced() async throws {
        try await withDatabase({ $0.queueTime = .seconds(60) }) { client in
            let succeeded = try await load(client, perTask: 40)
            let stored: Int = try await client.query("SELECT count(*) FROM done")[0].decode(0)
            #expect(stored == succeeded)
            #expect(client.status.isPooled == false)
            #expect(client.status.inFlight == 0 || client.status.waiting == 0)
        }
    }

    @Test func theSameThroughPgBouncer() async throws {
        let server = try await ThrowawayPostgres.shared
        let name = try await server.createDatabaseNamed()
        try await withPgBouncer(for: server) { bouncer in
            var configuration = PostgresConfiguration(conninfo: bouncer.conninfo(database: name))
            configuration.queueTime = .seconds(60)
            try await PostgresClient.withClient(configuration, logger: quiet) { client in
                let succeeded = try await load(client, perTask: 20)
                let stored: Int = try await client.query("SELECT count(*) FROM done")[0].decode(0)
                #expect(stored == succeeded)
                #expect(client.status.isPooled)
                let n = try await client.withTransaction { tx in
                    _ = try await tx.query("SELECT 1")
                    return try await tx.query("SELECT count(*) FROM done")[0].decode(0, as: Int.self)
                }
                #expect(n == succeeded)
            }
        }
    }

    @Test func statementsAreNamedDirectlyAndUnnamedThroughPgBouncer() async throws {
        let server = try await ThrowawayPostgres.shared
        let name = try await server.createDatabaseNamed()
        func prepared(_ client: PostgresClient) async throws -> Int {
            for n in 0..<5 {
                _ = try await client.query(PostgresStatement("SELECT $1 + 1", [.int4(Int32(n))]))
            }
            return try await client.query("SELECT count(*) FROM pg_prepared_statements")[0].decode(0)
        }
        var direct = PostgresConfiguration(conninfo: server.conninfo(database: name))
        direct.poolSize = 1
        try await PostgresClient.withClient(direct, logger: quiet) { client in
            let count = try await prepared(client)
            #expect(count >= 1)
        }
        try await withPgBouncer(for: server) { bouncer in
            var pooled = PostgresConfiguration(conninfo: bouncer.conninfo(database: name))
            pooled.poolSize = 1
            try await PostgresClient.withClient(pooled, logger: quiet) { client in
                let count = try await prepared(client)
                #expect(count == 0)
            }
        }
    }

    @Test func aForgottenNameAndAChangedPlanCostARetryNotAnError() async throws {
        try await withDatabase({ $0.poolSize = 1 }) { client in
            _ = try await client.query("CREATE TABLE t AS SELECT 1 AS a")
            for _ in 0..<3 { _ = try await client.query("SELECT * FROM t") }
            _ = try await client.query("ALTER TABLE t ADD COLUMN b int DEFAULT 2")
            let widened = try await client.query("SELECT * FROM t")
            #expect(widened.columns == ["a", "b"])
            for _ in 0..<3 { _ = try await client.query("SELECT a FROM t") }
            _ = try await client.query("DEALLOCATE ALL")
            #expect(try await client.query("SELECT a FROM t").count == 1)
        }
    }

    @Test func nullsOfAnyTypeShareAPreparedStatement() async throws {
        try await withDatabase({ $0.poolSize = 1 }) { client in
            for n in 0..<20 {
                let value = n % 2 == 0 ? PostgresValue.null : .int4(Int32(n))
                let row = try await client.query(PostgresStatement("SELECT $1::int, $2", [value, .text("x")]))[0]
                #expect(try row.decode(0, as: Int?.self) == (n % 2 == 0 ? nil : n))
            }
            let named = try await client.query("SELECT count(*) FROM pg_prepared_statements")[0].decode(0, as: Int.self)
            #expect(named <= 2)
        }
    }

    /// Cancellation and submission meet at every distance from each other; `make sanitize` found them touching the same unit.
    @Test func aTaskCancelledAsItSubmitsEndsAndItsUnitIsDoneOnceOrNotAtAll() async throws {
        try await withDatabase { client in
            _ = try await client.query("CREATE TABLE cancelled_early (n int)")
            let outcomes = try await withThrowingTaskGroup(of: PostgresError.Outcome.self) { group in
                for round in 0..<2_000 {
                    group.addTask {
                        await withTaskGroup(of: PostgresError.Outcome.self) { inner in
                            inner.addTask {
                                do throws(PostgresError) {
                                    let row = PostgresStatement(
                                        "INSERT INTO cancelled_early VALUES ($1)", [.int4(Int32(round))])
                                    _ = try await client.query(row)
                                    return .done
                                } catch {
                                    return error.outcome
                                }
                            }
                            for _ in 0..<(round % 5) { await Task.yield() }
                            inner.cancelAll()
                            return await inner.next() ?? .unknown
                        }
                    }
                }
                return try await group.reduce(into: [PostgresError.Outcome: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(outcomes.values.reduce(0, +) == 2_000)
            try await eventually { client.status.waiting == 0 && client.status.inFlight == 0 }
            let row = try #require(
                try await client.query("SELECT count(*), count(DISTINCT n) FROM cancelled_early").first)
            let (rows, distinct) = (try row.decode(0, as: Int.self), try row.decode(1, as: Int.self))
            let (done, unknown) = (outcomes[.done] ?? 0, outcomes[.unknown] ?? 0)
            #expect(rows == distinct && rows >= done && rows <= done + unknown, "\(rows) rows, \(outcomes)")
        }
    }

    @Test func cancelledTasksHurtNoNeighbour() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        try await withDatabase { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for n in 0..<300 {
                    group.addTask {
                        let row = try await client.query(
                            PostgresStatement("SELECT $1 FROM pg_sleep(0.001)", [.int4(Int32(n))]))[0]
                        #expect(try row.decode(0, as: Int.self) == n)
                    }
                    group.addTask {
                        var random = SeededGenerator(seed: seed &+ UInt64(n))
                        let spin = Int.random(in: 0..<200, using: &random)
                        await withTaskGroup(of: Void.self) { inner in
                            inner.addTask {
                                let error = try? await failure { _ = try await client.query("SELECT pg_sleep(0.001)") }
                                // Nil when it came in time; a failure's other kinds would be a fault.
                                if let error { #expect(error.kind == .cancelled, "\(error)") }
                            }
                            for _ in 0..<spin { await Task.yield() }
                            inner.cancelAll()
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await eventually("nothing left on its way") {
                client.status.inFlight == 0 && client.status.waiting == 0
            }
            #expect(client.status.disconnects == 0)
        }
    }
}
