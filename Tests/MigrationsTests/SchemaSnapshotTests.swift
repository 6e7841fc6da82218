// SPDX-License-Identifier: MIT
import Foundation
import Migrations
import NavarchTestSupport
import Postgres
import Testing

/// All steps from empty equal the committed schema.sql.
@Suite struct SchemaSnapshotTests {
    private let path = repository + "/migrations/postgres/schema.sql"

    @Test func allStepsFromEmptyEqualTheCommittedSchema() async throws {
        let fixture = try await MigratorFixture()
        try await fixture.migrator(try MigrationSet.folder(repository + "/migrations/postgres")).up()
        let dump = try await ChildProcess.run(
            try PostgresPrograms.path("pg_dump"),
            ["--schema-only", "--no-owner", "--no-privileges", "--dbname", fixture.conninfo])
        let text = Self.normalised(dump)
        if ProcessInfo.processInfo.environment["UPDATE_SNAPSHOTS"] != nil {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        let committed = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text == committed, "run this test with UPDATE_SNAPSHOTS=1 and look at what changed")
    }

    @Test func theOwnStepsHaveNoDriftAndSurviveASecondRun() async throws {
        let fixture = try await MigratorFixture()
        let migrator = try fixture.migrator(try MigrationSet.embedded())
        try await migrator.up()
        #expect(try await migrator.up().done.isEmpty)
        let report = try await migrator.verify()
        #expect(report.isClean, "\(report.drift)")
    }

    /// Without what differs between versions of pg_dump and between runs: comments, settings, its own commands.
    private static func normalised(_ dump: [String]) -> String {
        var lines = [
            "-- SPDX-License-Identifier: MIT",
            "-- What all steps make of an empty database, as pg_dump spells it. A test compares; UPDATE_SNAPSHOTS=1 writes it.",
        ]
        for line in dump {
            if line.hasPrefix("--") || line.hasPrefix("\\") || line.hasPrefix("SET ") { continue }
            if line.hasPrefix("SELECT pg_catalog.set_config") { continue }
            if line.isEmpty && lines.last == "" { continue }
            lines.append(line)
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
