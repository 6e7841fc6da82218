// SPDX-License-Identifier: MIT
import Postgres

extension Migrator {
    /// Records the steps up to `target` as done without running them: for a database that has the schema, but no history.
    /// - Parameter force: also where the catalogue is not what the steps make.
    /// - Throws: `.notEmpty` where a history is there, `.drift` where the schema is not what the steps make.
    public func baseline(to target: Int32, force: Bool = false) async throws(MigrationError) {
        _ = try MigrationPlan(files: files, history: SchemaHistory(), target: target)
        try await withWriter { database throws(MigrationError) in
            let history = try await database.history()
            guard history.steps.isEmpty else {
                throw MigrationError(
                    .notEmpty, "the database has a history, at step \(history.version)",
                    hint: "baseline is for a database that this program never worked on; use up")
            }
            try await database.createBookkeeping()
            let steps = files(upTo: target)
            if !force {
                let drift = try await database.drift(from: steps, schema: scratchSchema())
                guard drift.isEmpty else {
                    throw MigrationError(
                        .drift,
                        (["the database is not what the steps up to \(target) make:"] + drift.map(\.description))
                            .joined(separator: "\n  "), hint: "mend it, choose another step, or --force")
                }
            }
            try await database.recordBaseline(steps, runner: runner)
        }
    }
}

extension Database {
    /// All steps at once, or none.
    fileprivate func recordBaseline(_ steps: [MigrationFile], runner: String) async throws(MigrationError) {
        var unit = steps.map { BookkeepingQueries.baseline($0, runner: runner) }
        unit.append(BookkeepingQueries.raiseMinimum(steps.compactMap(\.minimumBinary).max() ?? 0))
        unit.append(BookkeepingQueries.setVersion(steps.last?.number ?? 0))
        do throws(PostgresError) {
            _ = try await session.unit(unit)
        } catch {
            throw Database.failure(error, doing: "record the baseline")
        }
    }
}
