// SPDX-License-Identifier: MIT
import Testing

@testable import Migrations

@Suite struct MigrationLintTests {
    private func rules(_ sql: String, header: [String] = ["phase expand"]) throws -> [LintRule] {
        let lines = ["-- SPDX-License-Identifier: MIT"] + header.map { "-- navarch:\($0)" } + [sql]
        let file = try MigrationFile(fileName: "0009_x.sql", text: lines.joined(separator: "\n"))
        return MigrationLint.findings(in: file).compactMap { problem in
            LintRule(rawValue: String(problem.message.dropFirst().prefix { $0 != "]" }))
        }
    }

    @Test(arguments: [
        ("BEGIN; SELECT 1; COMMIT", [LintRule.transactionControl, .transactionControl]),
        ("CREATE INDEX CONCURRENTLY i ON t (a)", [.notInTransaction]),
        ("VACUUM t", [.notInTransaction]),
        ("CREATE INDEX IF NOT EXISTS i ON t (a)", [.ifNotExists, .blockingIndex]),
        ("CREATE UNIQUE INDEX i ON t (a)", [.blockingIndex]),
        ("DROP TABLE t", [.destructiveExpand]),
        ("ALTER TABLE t DROP COLUMN a", [.destructiveExpand]),
        ("ALTER TABLE t RENAME COLUMN a TO b", [.destructiveExpand]),
        ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", [.blockingConstraint]),
        ("ALTER TABLE t ALTER COLUMN a SET NOT NULL", [.blockingConstraint]),
        ("ALTER TABLE t ALTER COLUMN a TYPE bigint", [.tableRewrite]),
        ("ALTER TABLE t ALTER a TYPE bigint", [.tableRewrite]),
        ("ALTER TABLE t ADD COLUMN id uuid DEFAULT gen_random_uuid()", [.tableRewrite]),
        ("ALTER TABLE t ADD COLUMN a int NOT NULL", [.breaksOldWriters]),
        ("CREATE TABLE public.t (a int)", [.schemaQualified]),
        ("ALTER TABLE navarch.t ADD COLUMN a int", [.schemaQualified]),
        ("CREATE TABLE t (a int); CREATE INDEX i ON t (a); ALTER TABLE t ADD CHECK (a > 0)", []),
        ("ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT 0", []),
        ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID", []),
        ("ALTER TABLE t VALIDATE CONSTRAINT c", []),
        ("CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$", []),
    ])
    func anExpandStepInATransaction(_ sql: String, _ expected: [LintRule]) throws {
        #expect(try rules(sql) == expected)
    }

    @Test(arguments: [
        ("CREATE INDEX CONCURRENTLY i ON t (a)", []),
        ("CREATE INDEX CONCURRENTLY ON t (a)", [LintRule.notRepeatable]),
        ("DROP INDEX CONCURRENTLY i", [.notRepeatable]),
        ("DROP INDEX CONCURRENTLY IF EXISTS i", []),
        ("ALTER TYPE colour ADD VALUE 'red'", [.notRepeatable]),
        ("ALTER TYPE colour ADD VALUE IF NOT EXISTS 'red'", []),
        ("CREATE TABLE t (a int)", [.notRepeatable]),
        ("INSERT INTO t VALUES (1)", [.notRepeatable]),
    ])
    func aStepWithoutATransactionHoldsOnlyWhatCanBeRunAgain(_ sql: String, _ expected: [LintRule]) throws {
        #expect(try rules(sql, header: ["phase expand", "transaction no"]) == expected)
    }

    @Test func aContractStepStatesTheLowestBinaryAndNoUndo() throws {
        #expect(try rules("DROP TABLE t", header: ["phase contract"]) == [.minimumBinary])
        #expect(try rules("DROP TABLE t", header: ["phase contract", "min-binary schema 9"]) == [.minimumBinary])
        #expect(try rules("DROP TABLE t", header: ["phase contract", "min-binary schema 8"]).isEmpty)
        let undo = ["phase contract", "min-binary schema 8", "undo"]
        #expect(try rules("-- SELECT 1;\n-- navarch:end-undo\nDROP TABLE t", header: undo) == [.contractUndo])
        #expect(try rules("SELECT 1", header: ["phase expand", "min-binary schema 8"]) == [.minimumBinary])
    }

    @Test func aRuleIsBrokenOnPurposeOnlyWhereTheEngineDoesNotStandOnIt() throws {
        #expect(
            try rules("DROP TABLE t", header: ["phase expand", "allow destructive-expand: never released"]).isEmpty)
        let engines = try rules("COMMIT", header: ["phase expand", "allow transaction-control: I know"])
        #expect(engines == [.transactionControl])
    }
}
