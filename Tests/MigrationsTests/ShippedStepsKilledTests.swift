// SPDX-License-Identifier: MIT
import Foundation
import Migrations
import NavarchTestSupport
import Postgres
import Testing

/// The real program over the shipped files: killed inside every step, and run twice at once.
@Suite struct ShippedStepsKilledTests {
    private let folder = repository + "/migrations/postgres"

    private func up(_ fixture: MigratorFixture) throws -> ChildProcess {
        try ChildProcess.start(
            try Programs.path("migrate"), ["up", "--database", fixture.conninfo, "--files", folder])
    }

    /// Holds each step at its last moment, when all its statements are done and nothing is committed.
    private static let hold = [
        "CREATE TABLE held (number int)",
        "INSERT INTO held VALUES (1)",
        """
        CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF new.state = 'done' AND new.number >= (SELECT number FROM held) THEN PERFORM pg_advisory_xact_lock(77); END IF;
          RETURN new; END $$
        """,
        "CREATE TRIGGER hold BEFORE UPDATE ON schema_step FOR EACH ROW EXECUTE FUNCTION hold()",
    ]

    @Test(.timeLimit(.minutes(2)))
    func killedInsideEveryShippedStepItEndsAsIfNeverKilled() async throws {
        let fixture = try await MigratorFixture()
        let files = try MigrationSet.folder(folder)
        let migrator = try fixture.migrator(files)
        // Leaves nothing but the engine's own tables, which the trigger needs.
        try await migrator.up(to: 1)
        try await migrator.down()
        for statement in Self.hold { try await fixture.query(statement) }
        try await fixture.withSession { holder in
            _ = try await holder.query("SELECT pg_advisory_lock(77)")
            for file in files.files {
                try await fixture.query("UPDATE held SET number = \(file.number)")
                let runner = try up(fixture)
                try await eventually(within: .seconds(20), "\(file.title) at its last moment") {
                    try await fixture.query(
                        "SELECT 1::text FROM pg_locks WHERE locktype = 'advisory' AND objid = 77 AND NOT granted"
                    ).count == 1
                }
                runner.signal(SIGKILL)
                #expect(await runner.wait() == .signal(SIGKILL))
                try await eventually(within: .seconds(10), "the server ends what the killed runner left") {
                    try await fixture.query("SELECT 1::text FROM pg_locks WHERE locktype = 'advisory' AND classid = 3")
                        .isEmpty
                }
                let history = try await migrator.history()
                #expect(history.version == file.number - 1, "nothing of \(file.title) took effect")
                #expect(history.steps.first { $0.number == file.number }?.state == .begun)
            }
        }
        try await fixture.query("DROP TRIGGER hold ON schema_step")
        try await fixture.query("DROP FUNCTION hold()")
        try await fixture.query("DROP TABLE held")
        let last = try up(fixture)
        #expect(await last.wait() == .code(0), "\(last.output)")
        #expect(try await migrator.history().version == files.newest)
        #expect(try await migrator.verify().isClean)
        // The first had its run before the undo, too.
        let attempts = try await fixture.query("SELECT attempts::text FROM schema_step ORDER BY number")
        #expect(attempts == ["3"] + Array(repeating: "2", count: files.files.count - 1))
    }

    @Test func ofTwoRunnersAtOnceOneWorksAndOneFindsNothingToDo() async throws {
        let fixture = try await MigratorFixture()
        let count = try MigrationSet.folder(folder).files.count
        let runners = try [up(fixture), up(fixture)]
        for runner in runners { #expect(await runner.wait() == .code(0), "\(runner.output)") }
        let verdicts = runners.map { runner in runner.output.filter { $0.contains("the schema is at step") } }
        #expect(
            Set(verdicts.flatMap { $0 }) == [
                "\(count) steps done, the schema is at step \(count)",
                "nothing to do, the schema is at step \(count)",
            ])
        #expect(try await fixture.query("SELECT max(attempts)::text FROM schema_step") == ["1"])
    }
}
