// SPDX-License-Identifier: MIT
import Migrations
import NavarchTestSupport
import Postgres
import Testing

@Suite struct MigratorUpTests {
    private let table = MigratorFixture.text("CREATE TABLE a (id int); INSERT INTO a VALUES (1);")
    private let column = MigratorFixture.text("ALTER TABLE a ADD COLUMN b text;")

    @Test func stepsRunInOrderOnceAndAreRecorded() async throws {
        let fixture = try await MigratorFixture()
        let first = try await fixture.migrator([table]).up()
        #expect(first == Migrator.UpResult(done: ["0001_step"], version: 1, pending: 0))
        let second = try await fixture.migrator([table, column]).up()
        #expect(second.done == ["0002_step"])
        let third = try await fixture.migrator([table, column]).up()
        #expect(third == Migrator.UpResult(done: [], version: 2, pending: 0))
        let history = try await fixture.migrator([table]).history()
        #expect(history.version == 2)
        #expect(history.steps.map(\.state) == [.done, .done])
        #expect(history.steps.map(\.runner) == ["9.9.9", "9.9.9"])
        #expect(try await fixture.query("SELECT count(*)::text FROM a WHERE b IS NULL") == ["1"])
    }

    @Test func theStatusOfAnEmptyDatabaseWritesNothing() async throws {
        let fixture = try await MigratorFixture()
        let status = try await fixture.migrator([table, column]).status()
        #expect(status.pending == 2)
        #expect(status.steps.map(\.state) == ["pending", "pending"])
        #expect(try await fixture.query("SELECT to_regclass('schema_step')::text") == [nil])
    }

    @Test func aFailedStepLeavesNothingAndNamesItsLine() async throws {
        let fixture = try await MigratorFixture()
        let broken = MigratorFixture.text("CREATE TABLE b (id int);\n\nINSERT INTO b\nVALUES (1, 2);")
        let error = await #expect(throws: MigrationError.self) { try await fixture.migrator([table, broken]).up() }
        #expect(error?.code == .statementFailed)
        #expect(error?.message.contains("0002_step.sql:6") == true, "\(String(describing: error))")
        #expect(try await fixture.query("SELECT to_regclass('b')::text") == [nil])
        let status = try await fixture.migrator([table, broken]).status()
        #expect(status.steps.map(\.state) == ["done", "begun"])
        // The corrected file takes the place of the one that never took effect.
        let mended = MigratorFixture.text("CREATE TABLE b (id int);\n\nINSERT INTO b\nVALUES (1);")
        #expect(try await fixture.migrator([table, mended]).up().done == ["0002_step"])
    }

    @Test func twoRunnersAtOnceDoEachStepOnce() async throws {
        let fixture = try await MigratorFixture()
        let slow = MigratorFixture.text("CREATE TABLE c (id int); SELECT pg_sleep(0.5);")
        let migrator = try fixture.migrator([table, slow])
        async let left = migrator.up()
        async let right = migrator.up()
        let done = try await [left.done.count, right.done.count]
        #expect(done.sorted() == [0, 2])
    }

    @Test func aRunnerGivesUpOnAnotherThatKeepsTheLock() async throws {
        let fixture = try await MigratorFixture()
        let events = EventList()
        let migrator = try fixture.migrator([table], events: events) { $0.runnerWait = .milliseconds(300) }
        try await fixture.withSession { other in
            _ = try await other.query("SELECT pg_advisory_lock(3, 0)")
            let error = await #expect(throws: MigrationError.self) { try await migrator.up() }
            #expect(error?.code == .runnerBusy)
        }
        #expect(events.all.count == 1, "the holder is told once: \(events.all)")
    }

    @Test func aStopEndsTheRunBetweenTwoStatementsAndLeavesNothingHalf() async throws {
        let fixture = try await MigratorFixture()
        let stop = StopSignal()
        let events = EventList()
        let migrator = Migrator(
            files: try MigratorFixture.files([table, column]), conninfo: fixture.conninfo, runner: "9.9.9",
            logger: fixture.logger, stop: stop,
            report: { event in
                events.add(event)
                if case .statement(_, 1, 2, _) = event { stop.set() }
            })
        let error = await #expect(throws: MigrationError.self) { try await migrator.up() }
        #expect(error?.code == .interrupted)
        #expect(try await fixture.query("SELECT to_regclass('a')::text") == [nil])
        #expect(try await fixture.migrator([table, column]).up().done.count == 2)
    }

    @Test func aTakenTableIsTriedAgainAndItsHolderTold() async throws {
        let fixture = try await MigratorFixture()
        try await fixture.migrator([table]).up()
        let events = EventList()
        let migrator = try fixture.migrator([table, column], events: events) {
            $0.tableLockTimeout = .milliseconds(1500)
            $0.tableLockTries = 1
        }
        try await fixture.withSession { holder in
            _ = try await holder.query("BEGIN")
            _ = try await holder.query("SELECT * FROM a")
            let error = await #expect(throws: MigrationError.self) { try await migrator.up() }
            #expect(error?.code == .tableBusy)
            // The next run gets through as soon as the holder ends.
            let patient = try fixture.migrator([table, column], events: events) {
                $0.tableLockTimeout = .milliseconds(50)
            }
            async let result = patient.up()
            try await eventually(within: .seconds(10)) {
                events.all.contains(.retrying(title: "0002_step", tries: 1, of: 20))
            }
            _ = try await holder.query("COMMIT")
            #expect(try await result.done == ["0002_step"])
        }
        let blocked = events.all.contains { if case .blocked = $0 { true } else { false } }
        #expect(blocked, "the holder was told: \(events.all)")
    }
}
