// SPDX-License-Identifier: MIT
import Migrations
import NavarchTestSupport
import Postgres
import Testing

@Suite struct ConcurrentIndexTests {
    private let table = MigratorFixture.text(
        "CREATE TABLE a (id int, b text); INSERT INTO a VALUES (1, 'x'), (1, 'y');")

    private func index(_ sql: String) -> String { MigratorFixture.text(sql, ["phase expand", "transaction no"]) }

    @Test func anInvalidIndexOfAnEarlierRunIsDroppedAndBuiltAgain() async throws {
        let fixture = try await MigratorFixture()
        let unique = index("CREATE UNIQUE INDEX CONCURRENTLY a_id ON a (id);")
        let error = await #expect(throws: MigrationError.self) { try await fixture.migrator([table, unique]).up() }
        #expect(error?.code == .statementFailed)
        #expect(
            try await fixture.query("SELECT indisvalid::text FROM pg_index WHERE indexrelid = 'a_id'::regclass") == [
                "false"
            ])
        try await fixture.query("DELETE FROM a WHERE b = 'y'")
        let events = EventList()
        #expect(try await fixture.migrator([table, unique], events: events).up().done == ["0002_step"])
        #expect(events.all.contains(.indexDropped(name: "a_id")))
        #expect(events.all.contains(.stepBegan(title: "0002_step", resumes: true)))
        #expect(
            try await fixture.query("SELECT indisvalid::text FROM pg_index WHERE indexrelid = 'a_id'::regclass") == [
                "true"
            ])
    }

    @Test(arguments: [
        "CREATE INDEX CONCURRENTLY a_id ON a (id, lower(b)) WHERE id > 0",
        "CREATE INDEX CONCURRENTLY a_id ON a USING btree (id DESC NULLS LAST) INCLUDE (b)",
    ])
    func aValidAndEqualIndexIsKept(_ sql: String) async throws {
        let fixture = try await MigratorFixture()
        try await fixture.migrator([table]).up()
        try await fixture.query(sql)
        let before = try await fixture.query("SELECT 'a_id'::regclass::oid::text")
        let events = EventList()
        #expect(try await fixture.migrator([table, index(sql + ";")], events: events).up().done == ["0002_step"])
        #expect(events.all.contains(.indexKept(name: "a_id")))
        #expect(try await fixture.query("SELECT 'a_id'::regclass::oid::text") == before)
    }

    @Test func anotherIndexOfTheSameNameIsRefused() async throws {
        let fixture = try await MigratorFixture()
        try await fixture.migrator([table]).up()
        try await fixture.query("CREATE INDEX a_id ON a (b)")
        let wanted = index("CREATE INDEX CONCURRENTLY a_id ON a (id);")
        let error = await #expect(throws: MigrationError.self) { try await fixture.migrator([table, wanted]).up() }
        #expect(error?.code == .statementFailed)
        #expect(error?.message.contains("another index is called a_id") == true)
    }
}
