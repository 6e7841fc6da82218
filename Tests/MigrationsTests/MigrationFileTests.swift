// SPDX-License-Identifier: MIT
import Testing

@testable import Migrations

@Suite struct MigrationFileTests {
    @Test func aFileSaysWhatItIs() throws {
        let file = try MigrationFile(
            fileName: "0012_add_zone.sql",
            text: """
                -- SPDX-License-Identifier: MIT
                -- Zones, from the cloud.
                -- navarch:phase expand
                -- navarch:transaction no
                -- navarch:undo
                -- DROP INDEX CONCURRENTLY IF EXISTS node_zone;
                -- navarch:end-undo
                -- navarch:allow schema-qualified: the table is another team's
                CREATE INDEX CONCURRENTLY node_zone ON node (zone);
                """)
        #expect(file.number == 12)
        #expect(file.name == "add_zone")
        #expect(file.title == "0012_add_zone")
        #expect(file.phase == .expand)
        #expect(!file.transactional)
        #expect(file.undo?.map(\.text) == ["DROP INDEX CONCURRENTLY IF EXISTS node_zone"])
        #expect(file.allowances == ["schema-qualified": "the table is another team's"])
        #expect(file.statements.map(\.line) == [9])
    }

    @Test func everyMistakeOfAFileIsToldAtOnceWithItsLine() throws {
        let text = """
            -- no licence
            -- navarch:phase sideways
            -- navarch:transaction yes
            -- navarch:min-binary 1.2.3
            -- navarch:colour blue
            -- navarch:allow everything: because
            -- navarch:undo
            -- DROP TABLE a;
            CREATE TABLE a (b text DEFAULT 'x);
            -- navarch:phase expand
            """
        let error = #expect(throws: MigrationFile.Invalid.self) { try MigrationFile(fileName: "12_a.sql", text: text) }
        let lines = error.map { $0.problems.map(\.line) } ?? []
        #expect(Set(lines) == [0, 1, 2, 3, 4, 5, 6, 7, 9, 10])
    }

    @Test func numbersRunFromOneWithoutGapsOrDoubles() throws {
        let text = "-- SPDX-License-Identifier: MIT\n-- navarch:phase expand\nSELECT 1;\n"
        #expect(try MigrationSet([("0002_b.sql", text), ("0001_a.sql", text)]).newest == 2)
        for names in [["0002_b.sql"], ["0001_a.sql", "0003_c.sql"], ["0001_a.sql", "0001_b.sql"]] {
            let error = #expect(throws: MigrationError.self) { try MigrationSet(names.map { ($0, text) }) }
            #expect(error?.code == .invalidFiles)
            #expect(error?.problems.count == 1)
        }
    }

    @Test func theEmbeddedFilesAreThoseOfTheFolder() throws {
        let folder = try MigrationSet.folder(repository + "/migrations/postgres")
        #expect(try MigrationSet.embedded() == folder, "run .ci/embed-migrations")
    }
}

/// The package's root, found from where this file was compiled.
let repository = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
