// SPDX-License-Identifier: MIT
import Migrations
import NavarchTestSupport
import Testing

@Suite struct DownTests {
    private static let table = MigratorFixture.text("CREATE TABLE a (id int);")
    private static let column = MigratorFixture.text(
        "-- ALTER TABLE a DROP COLUMN b;\n-- navarch:end-undo\nALTER TABLE a ADD COLUMN b int;",
        ["phase expand", "undo"])
    private static let index = MigratorFixture.text(
        "-- DROP INDEX CONCURRENTLY IF EXISTS a_b;\n-- navarch:end-undo\nCREATE INDEX CONCURRENTLY a_b ON a (b);",
        ["phase expand", "transaction no", "undo"])

    @Test func theNewestStepsAreTakenBackOneByOneAndMayBeDoneAgain() async throws {
        let fixture = try await MigratorFixture()
        let migrator = try fixture.migrator([Self.table, Self.column, Self.index])
        try await migrator.up()
        #expect(try await migrator.down() == "0003_step")
        #expect(try await migrator.down() == "0002_step")
        #expect(try await migrator.history().version == 1)
        #expect(try await migrator.verify().isClean)
        let error = await #expect(throws: MigrationError.self) { try await migrator.down() }
        #expect(error?.code == .notReversible)
        #expect(try await migrator.up().done == ["0002_step", "0003_step"])
        #expect(try await migrator.verify().isClean)
    }

    @Test(arguments: [2, 3])
    func aStepThatALiveReplicaNeedsStays(_ steps: Int) async throws {
        let fixture = try await MigratorFixture()
        let migrator = try fixture.migrator(Array([Self.table, Self.column, Self.index].prefix(steps)))
        try await migrator.up()
        try await fixture.query(
            "CREATE TABLE replica (id int, address text, version text, schema_min int, schema_max int, last_seen timestamptz)"
        )
        try await fixture.query("INSERT INTO replica VALUES (1, 'h:1', '2.0.0', \(steps), \(steps), clock_timestamp())")
        let error = await #expect(throws: MigrationError.self) { try await migrator.down() }
        #expect(error?.code == .oldReplicasLive)
        #expect(try await migrator.history().version == Int32(steps))
        try await fixture.query("UPDATE replica SET schema_min = \(steps - 1)")
        try await migrator.down()
        #expect(try await migrator.history().version == Int32(steps) - 1)
    }
}
