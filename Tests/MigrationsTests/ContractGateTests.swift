// SPDX-License-Identifier: MIT
import Migrations
import NavarchTestSupport
import Postgres
import Testing

/// C24: the schema's half of the gate.
@Suite struct ContractGateTests {
    private static let replica = MigratorFixture.text(
        """
        CREATE TABLE replica (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), address text NOT NULL DEFAULT 'host:1',
            version text NOT NULL DEFAULT '1.0.0', schema_min int NOT NULL, schema_max int NOT NULL,
            last_seen timestamptz NOT NULL DEFAULT clock_timestamp());
        CREATE TABLE old (id int);
        CREATE INDEX old_id ON old (id);
        """)
    private static let drop = MigratorFixture.text("DROP TABLE old;", ["phase contract", "min-binary schema 1"])
    private static let dropIndex = MigratorFixture.text(
        "DROP INDEX CONCURRENTLY IF EXISTS old_id;", ["phase contract", "min-binary schema 1", "transaction no"])

    @Test(arguments: [drop, dropIndex])
    func aContractStepIsRefusedWhileAnOldReplicaLives(_ contract: String) async throws {
        let fixture = try await MigratorFixture()
        let migrator = try fixture.migrator([Self.replica, contract])
        try await migrator.up(to: 1)
        try await fixture.query("INSERT INTO replica (schema_min, schema_max) VALUES (0, 0)")
        let error = await #expect(throws: MigrationError.self) { try await migrator.up() }
        #expect(error?.code == .oldReplicasLive)
        #expect(error?.message.contains("host:1, version 1.0.0, knows step 0") == true, "\(String(describing: error))")
        #expect(try await migrator.history().minimumBinary == 0, "the raised minimum is rolled back with the rest")
        #expect(try await fixture.query("SELECT to_regclass('old_id')::text") == ["old_id"])
        // Dead for longer than the grace, or rolled out: gone.
        try await fixture.query("UPDATE replica SET last_seen = clock_timestamp() - interval '61 s'")
        try await fixture.query("INSERT INTO replica (schema_min, schema_max) VALUES (1, 1)")
        #expect(try await migrator.up().version == 2)
        #expect(try await migrator.history().minimumBinary == 1)
        #expect(try await fixture.query("SELECT to_regclass('old_id')::text") == [nil])
    }

    @Test func aReplicaThatRegistersMeanwhileIsSeen() async throws {
        let fixture = try await MigratorFixture()
        let migrator = try fixture.migrator([Self.replica, Self.drop])
        try await migrator.up(to: 1)
        try await fixture.withSession { replica in
            _ = try await replica.query("BEGIN")
            _ = try await replica.query("SELECT version FROM schema_state FOR SHARE")
            _ = try await replica.query("INSERT INTO replica (schema_min, schema_max) VALUES (0, 0)")
            async let outcome = Result.catching { try await migrator.up() }
            try await eventually(within: .seconds(10), "a contract step that waits for the schema's row") {
                try await fixture.query("SELECT 1::text FROM pg_locks WHERE NOT granted").count > 0
            }
            _ = try await replica.query("COMMIT")
            let result = await outcome
            let error = #expect(throws: MigrationError.self) { try result.get() }
            #expect(error?.code == .oldReplicasLive)
        }
    }
}

extension Result where Failure == any Error {
    /// What `body` returns or throws, to be looked at later.
    static func catching(_ body: () async throws -> Success) async -> Result {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }
}
