// SPDX-License-Identifier: MIT
import Testing

@testable import Migrations

@Suite struct MigrationPlanTests {
    /// Four steps; the third contracts.
    private func files() throws -> MigrationSet {
        let head = "-- SPDX-License-Identifier: MIT\n"
        return try MigrationSet([
            ("0001_a.sql", head + "-- navarch:phase expand\nSELECT 1;"),
            ("0002_b.sql", head + "-- navarch:phase expand\nSELECT 2;"),
            ("0003_c.sql", head + "-- navarch:phase contract\n-- navarch:min-binary schema 2\nSELECT 3;"),
            ("0004_d.sql", head + "-- navarch:phase expand\nSELECT 4;"),
        ])
    }

    private func history(_ files: MigrationSet, done: Int32, begun: Int32? = nil) -> SchemaHistory {
        let steps = files.files.compactMap { file -> StepRecord? in
            guard file.number <= done || file.number == begun else { return nil }
            let state: StepRecord.State = file.number <= done ? .done : .begun
            return StepRecord(number: file.number, name: file.name, state: state, checksum: file.checksum.hex)
        }
        return SchemaHistory(version: done, steps: steps)
    }

    @Test func whatIsNotDoneIsPlannedInOrder() throws {
        let files = try files()
        #expect(try MigrationPlan(files: files, history: SchemaHistory()).steps.map(\.file.number) == [1, 2, 3, 4])
        #expect(try MigrationPlan(files: files, history: history(files, done: 2)).steps.map(\.file.number) == [3, 4])
        let done = try MigrationPlan(files: files, history: history(files, done: 4))
        #expect(done.steps.isEmpty)
        #expect(done.target == 4)
    }

    @Test func aTargetAndExpandOnlyEndThePlanEarlier() throws {
        let files = try files()
        #expect(try MigrationPlan(files: files, history: SchemaHistory(), target: 1).steps.map(\.file.number) == [1])
        let expand = try MigrationPlan(files: files, history: SchemaHistory(), expandOnly: true)
        #expect(expand.steps.map(\.file.number) == [1, 2])
        let error = #expect(throws: MigrationError.self) {
            try MigrationPlan(files: files, history: SchemaHistory(), target: 5)
        }
        #expect(error?.code == .badRequest)
    }

    @Test func aBegunStepIsResumed() throws {
        let files = try files()
        let plan = try MigrationPlan(files: files, history: history(files, done: 1, begun: 2), target: 3)
        #expect(plan.steps.map(\.resumes) == [true, false])
    }

    @Test func aDoneStepWhoseFileChangedIsRefused() throws {
        let files = try files()
        var history = history(files, done: 2)
        history.steps[0].checksum = String(repeating: "0", count: 64)
        history.steps[1].name = "other"
        let error = #expect(throws: MigrationError.self) { try MigrationPlan(files: files, history: history) }
        #expect(error?.code == .historyMismatch)
        #expect(error?.message.split(separator: "\n").count == 2)
    }

    @Test func aNewerDatabaseIsFineUntilItRefusesThisBinary() throws {
        let files = try files()
        var history = history(files, done: 4)
        history.version = 6
        history.minimumBinary = 4
        #expect(try MigrationPlan(files: files, history: history).steps.isEmpty)
        history.minimumBinary = 5
        let error = #expect(throws: MigrationError.self) { try MigrationPlan(files: files, history: history) }
        #expect(error?.code == .databaseNewer)
    }

    @Test(arguments: [
        (Int32(4), Int32(0), SchemaRange.Verdict.waits), (5, 0, .runs), (7, 7, .runs), (9, 7, .runs), (9, 8, .refused),
        (4, 8, .refused),
    ])
    func theGateHasTwoSides(_ version: Int32, _ minimum: Int32, _ verdict: SchemaRange.Verdict) {
        #expect(SchemaRange(lowest: 5, newest: 7).judge(version: version, minimumBinary: minimum) == verdict)
    }
}
