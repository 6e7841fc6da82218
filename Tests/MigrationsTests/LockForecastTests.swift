// SPDX-License-Identifier: MIT
import Migrations
import NavarchTestSupport
import Postgres
import Testing

@Suite struct LockForecastTests {
    /// The forecast is held against what the server really locks.
    @Test(arguments: [
        "CREATE INDEX i ON a (id)", "ALTER TABLE a ADD COLUMN z int", "ALTER TABLE a ALTER COLUMN b SET DEFAULT 'y'",
        "ALTER TABLE a SET (fillfactor = 70)", "ALTER TABLE a VALIDATE CONSTRAINT late",
        "ALTER TABLE a ALTER b SET STATISTICS 50",
        "ALTER TABLE a ADD CONSTRAINT r FOREIGN KEY (id) REFERENCES other (id) NOT VALID",
        "ALTER TABLE a DROP COLUMN b",
        "CREATE TABLE c (id int REFERENCES other (id))", "DROP TABLE a", "TRUNCATE a", "UPDATE a SET b = 'z'",
        "INSERT INTO a (id) VALUES (5)", "DELETE FROM a WHERE id = 1", "COMMENT ON TABLE a IS 'x'", "ANALYZE a",
        "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION g()",
    ])
    func theForecastIsWhatTheServerLocks(_ sql: String) async throws {
        let fixture = try await MigratorFixture()
        for statement in [
            "CREATE TABLE other (id int PRIMARY KEY)", "CREATE TABLE a (id int, b text)",
            "INSERT INTO a VALUES (1, 'x')",
            "ALTER TABLE a ADD CONSTRAINT late CHECK (id > 0) NOT VALID",
            "CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        ] { try await fixture.query(statement) }
        let statement = try SQLStatement.split(sql)[0]
        let real = try await fixture.withSession { session in
            _ = try await session.query("BEGIN")
            _ = try await session.query(PostgresStatement(sql))
            // What reading takes on the way is no news; a table that is new or gone has no name to look up.
            let rows = try await session.query(
                """
                SELECT DISTINCT n, l.mode FROM (VALUES ('a', $1::oid), ('other', $2::oid)) t(n, oid)
                  JOIN pg_locks l ON l.relation = t.oid
                 WHERE l.pid = pg_backend_pid() AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')
                """.withOIDs(try await oids(fixture)))
            return try rows.map { try $0.decode(as: String.self, String.self) }.map { "\($0.0) \($0.1)" }
        }
        let forecast = LockForecast.locks(of: statement).map { lock in
            let words = lock.mode.rawValue.split(separator: " ").map { $0.prefix(1) + $0.dropFirst().lowercased() }
            return "\(lock.table) \(words.joined())Lock"
        }
        // The server may lock more weakly beside the strongest; that one has to be told.
        for lock in forecast { #expect(real.contains(lock), "forecast \(forecast), real \(real)") }
        #expect(
            Set(real.map { $0.split(separator: " ")[0] }) == Set(forecast.map { $0.split(separator: " ")[0] }),
            "\(real)")
        let strength = [
            "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock", "AccessExclusiveLock",
        ]
        for lock in real {
            let told =
                forecast.filter { $0.hasPrefix(lock.prefix { $0 != " " }) }.compactMap { rank($0, strength) }.max()
                ?? -1
            #expect((rank(lock, strength) ?? 99) <= told, "stronger than told: \(lock), forecast \(forecast)")
        }
    }

    private func rank(_ lock: String, _ strength: [String]) -> Int? {
        strength.firstIndex(of: String(lock.drop { $0 != " " }.dropFirst()))
    }

    private func oids(_ fixture: MigratorFixture) async throws -> [Int64] {
        try await fixture.query("SELECT oid::text FROM pg_class WHERE relname IN ('a', 'other') ORDER BY relname")
            .compactMap { $0.flatMap(Int64.init) }
    }

    @Test func aPlanTellsLocksAndSizes() async throws {
        let fixture = try await MigratorFixture()
        let table = MigratorFixture.text("CREATE TABLE a (id int); INSERT INTO a SELECT generate_series(1, 5000);")
        let column = MigratorFixture.text(
            "ALTER TABLE a ADD COLUMN b int; CREATE TABLE c (id int); CREATE INDEX c_id ON c (id);")
        try await fixture.migrator([table]).up()
        try await fixture.query("ANALYZE a")
        let plan = try await fixture.migrator([table, column]).plan()
        #expect(plan.version == 1)
        #expect(plan.target == 2)
        #expect(
            plan.steps.flatMap(\.statements).map(\.locks) == [
                [LockForecast(table: "a", mode: .accessExclusive)], [], [],
            ])
        #expect(plan.tables.map(\.name) == ["a"])
        #expect(plan.tables.first?.rows == 5000)
        #expect((plan.tables.first?.bytes ?? 0) > 100_000)
        #expect(try await fixture.migrator([table]).history().version == 1)
    }
}

extension String {
    fileprivate func withOIDs(_ oids: [Int64]) -> PostgresStatement {
        PostgresStatement(self, oids.map { .int8($0) })
    }
}
