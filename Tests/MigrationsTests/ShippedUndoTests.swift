// SPDX-License-Identifier: MIT
import Migrations
import NavarchTestSupport
import Testing

/// C25: the undo that the shipped steps state.
@Suite struct ShippedUndoTests {
    @Test func everyShippedStepIsTakenBackOneByOneAndDoneAgain() async throws {
        let fixture = try await MigratorFixture()
        let files = try MigrationSet.folder(repository + "/migrations/postgres")
        let migrator = try fixture.migrator(files)
        try await migrator.up()
        for file in files.files.reversed() {
            #expect(try await migrator.down() == file.title)
            #expect(try await migrator.history().version == file.number - 1)
            let report = try await migrator.verify()
            #expect(report.isClean, "after the undo of \(file.title): \(report.drift)")
        }
        let left = try await fixture.query(
            """
            SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
             UNION ALL SELECT typname::text FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e' ORDER BY 1
            """)
        #expect(left == ["schema_state", "schema_state_pkey", "schema_step", "schema_step_pkey"])
        #expect(try await migrator.up().done.count == files.files.count)
        #expect(try await migrator.verify().isClean)
    }

    @Test(arguments: [
        ("instance", "INSERT INTO instance (id, state) VALUES ('i-1', 'running')"),
        ("audit", "INSERT INTO audit (actor, action) VALUES ('someone', 'node.cordoned')"),
        (
            "command",
            """
            INSERT INTO command (id, node_key, type, state, not_after, run_timeout, issued_by)
            VALUES (gen_random_uuid(), 1, 'drain', 'queued', now(), '1 s', 'someone')
            """
        ),
        ("node", "INSERT INTO node (id) VALUES ('n-1')"),
    ])
    func anUndoThatWouldDestroyWhatNothingElseHoldsIsRefused(_ table: String, _ insert: String) async throws {
        let fixture = try await MigratorFixture()
        let files = try MigrationSet.folder(repository + "/migrations/postgres")
        let migrator = try fixture.migrator(files)
        let step = try #require(files.files.first { $0.name == table })
        try await migrator.up(to: step.number)
        try await fixture.query(insert)
        let error = await #expect(throws: MigrationError.self) { try await migrator.down() }
        #expect(error?.code == .statementFailed)
        #expect(error?.message.contains("table \(table) holds rows") == true, "\(String(describing: error))")
        #expect(try await fixture.query("SELECT count(*)::text FROM \(table)") == ["1"])
        #expect(try await migrator.history().version == step.number)
        // The undo that was begun is known, and ends once nothing is in its way.
        try await fixture.query("DELETE FROM \(table)")
        #expect(try await migrator.down() == step.title)
    }
}
