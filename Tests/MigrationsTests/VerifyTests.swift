// SPDX-License-Identifier: MIT
import Migrations
import NavarchTestSupport
import Testing

/// C25: checksums, and drift against the catalogue.
@Suite struct VerifyTests {
    private static let steps = [
        MigratorFixture.text(
            """
            CREATE TYPE colour AS ENUM ('red', 'green');
            CREATE TABLE a (id int PRIMARY KEY, b text COLLATE "C" NOT NULL DEFAULT 'x', c colour NOT NULL DEFAULT 'red',
                n int GENERATED ALWAYS AS IDENTITY, CHECK (b <> '')) WITH (fillfactor = 50);
            CREATE TABLE child (a_id int REFERENCES a (id));
            CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT x + 1';
            CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION g();
            CREATE VIEW v AS SELECT id, b FROM a WHERE c = 'red';
            INSERT INTO a (id) VALUES (1);
            """),
        MigratorFixture.text(
            "CREATE INDEX CONCURRENTLY a_b ON a (lower(b)) WHERE id > 0;", ["phase expand", "transaction no"]),
        MigratorFixture.text("ALTER TYPE colour ADD VALUE IF NOT EXISTS 'blue';", ["phase expand", "transaction no"]),
    ]

    @Test func whatTheStepsMadeIsClean() async throws {
        let fixture = try await MigratorFixture()
        let migrator = try fixture.migrator(Self.steps)
        #expect(try await migrator.verify().isClean, "an empty database has nothing that differs")
        try await migrator.up()
        let report = try await migrator.verify()
        #expect(report.isClean, "\(report)")
        #expect(
            try await fixture.query("SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'migrate_verify%'") == []
        )
    }

    @Test(arguments: [
        ("DROP INDEX a_b", "missing index a_b"),
        ("ALTER TABLE a ALTER b DROP DEFAULT", "changed column a.b"),
        ("ALTER TABLE a ALTER b TYPE varchar(10)", "changed column a.b"),
        ("ALTER TABLE a ADD COLUMN z int", "extra column a.z"),
        ("ALTER TABLE a DROP COLUMN c CASCADE", "missing column a.c"),
        ("ALTER TABLE a DROP CONSTRAINT a_b_check", "missing constraint a.a_b_check"),
        ("ALTER TABLE a SET (fillfactor = 90)", "changed table a"),
        ("ALTER TABLE a DISABLE TRIGGER t", "changed trigger a.t"),
        ("ALTER TYPE colour ADD VALUE 'grey' BEFORE 'green'", "changed type colour"),
        (
            "CREATE OR REPLACE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT x + 2'",
            "changed function f(x integer)"
        ),
        ("CREATE OR REPLACE VIEW v AS SELECT id, b FROM a", "changed query of view v"),
        ("CREATE TABLE other (id int PRIMARY KEY)", "extra table other"),
        ("DROP TABLE child", "missing table child"),
        ("ALTER TABLE a ALTER n SET INCREMENT 5", "changed sequence a_n_seq"),
    ])
    func driftIsReported(_ change: String, _ expected: String) async throws {
        let fixture = try await MigratorFixture()
        let migrator = try fixture.migrator(Self.steps)
        try await migrator.up()
        if change.contains("TYPE varchar") { try await fixture.query("DROP VIEW v") }
        try await fixture.query(change)
        let drift = try await migrator.verify().drift.map(\.description)
        #expect(drift.contains { $0.hasPrefix(expected) }, "\(drift)")
    }

    @Test func aChangedFileAndAnUnfinishedStepAreReported() async throws {
        let fixture = try await MigratorFixture()
        try await fixture.migrator(Self.steps).up(to: 1)
        var changed = Self.steps
        changed[0] += "-- edited after its release\n"
        let report = try await fixture.migrator(changed).verify()
        #expect(report.changedFiles.count == 1)
        #expect(report.drift.isEmpty)
        let error = await #expect(throws: MigrationError.self) { try await fixture.migrator(changed).up() }
        #expect(error?.code == .historyMismatch)
        try await fixture.query("UPDATE schema_step SET state = 'begun'")
        try await fixture.query("UPDATE schema_state SET version = 0")
        #expect(try await fixture.migrator(changed).verify().unfinished == ["0001_step is begun"])
    }

    @Test func aBaselineIsTakenOnlyWhereTheSchemaIsWhatTheStepsMake() async throws {
        let fixture = try await MigratorFixture()
        let migrator = try fixture.migrator(Self.steps)
        let early = await #expect(throws: MigrationError.self) { try await migrator.baseline(to: 2) }
        #expect(early?.code == .drift)
        try await migrator.up(to: 2)
        let late = await #expect(throws: MigrationError.self) { try await migrator.baseline(to: 2) }
        #expect(late?.code == .notEmpty)
        try await fixture.query("DROP TABLE schema_state, schema_step")
        try await migrator.baseline(to: 2)
        #expect(try await migrator.status().steps.map(\.state) == ["baseline", "baseline", "pending"])
        #expect(try await migrator.up().done == ["0003_step"])
        #expect(try await migrator.verify().isClean)
    }
}
