// SPDX-License-Identifier: MIT
import Postgres

extension Migrator {
    /// Takes the newest step back, if it is an expand step that states its undo (C25). Returns its title.
    /// - Throws: `.notReversible`; `.oldReplicasLive` where a live replica needs the step.
    @discardableResult
    public func down() async throws(MigrationError) -> String {
        try await withWriter { database throws(MigrationError) in
            let history = try await database.history()
            let (file, undo) = try newestReversible(history)
            let run = StepRun(migrator: self, database: database)
            try await database.run(
                BookkeepingQueries.undoing(file.number, runner: runner), doing: "record the undo of \(file.title)")
            if file.transactional {
                try await run.retryingLocks(file) { () throws(MigrationError) in
                    try await run.inTransaction(file) { () throws(MigrationError) in
                        try await run.passDownGate(file)
                        try await run.run(undo, of: file)
                        try await run.recordUndone(file)
                    }
                }
            } else {
                // The version goes down first: from then on, no replica that needs the step registers.
                try await run.inTransaction(file) { () throws(MigrationError) in
                    try await run.passDownGate(file)
                    try await database.run(BookkeepingQueries.setVersion(file.number - 1), doing: "lower the version")
                }
                try await run.runAlone(undo, of: file)
                try await run.inTransaction(file) { () throws(MigrationError) in try await run.recordUndone(file) }
            }
            report(.stepUndone(title: file.title))
            return file.title
        }
    }

    /// The step that `down` would take back: the newest, or one whose undo an earlier run began.
    private func newestReversible(
        _ history: SchemaHistory
    ) throws(MigrationError) -> (file: MigrationFile, undo: [SQLStatement]) {
        try MigrationPlan.check(files, history)
        let begun = history.steps.first { $0.state == .undoing }
        guard let number = begun?.number ?? (history.version > 0 ? history.version : nil) else {
            throw MigrationError(.notReversible, "no step is done")
        }
        guard let file = files.file(number) else {
            throw MigrationError(
                .notReversible, "step \(number) is newer than these files",
                hint: "use the migrate program of the release that made it")
        }
        guard file.phase == .expand, let undo = file.undo else {
            throw MigrationError(
                .notReversible, "step \(file.title) \(file.phase == .contract ? "contracts" : "states no undo")",
                hint: "write a new step that puts right what it did")
        }
        return (file, undo)
    }
}

extension StepRun {
    /// The gate from its other side (C24): the row first, then the replicas that need the step.
    fileprivate func passDownGate(_ file: MigrationFile) async throws(MigrationError) {
        try await database.run(PostgresStatement(BookkeepingQueries.lockState), doing: "lock the schema's row")
        let newer = try await liveReplicas(
            RunnerQueries.replicas(needing: file.number, seenWithin: migrator.options.replicaGrace), limit: "needs step"
        )
        guard newer.isEmpty else {
            throw MigrationError(
                .oldReplicasLive,
                (["\(newer.count) live replicas need step \(file.title):"] + newer).joined(separator: "\n  "),
                hint: "roll them back to the older release first, then run this again")
        }
    }

    fileprivate func recordUndone(_ file: MigrationFile) async throws(MigrationError) {
        try await database.run(BookkeepingQueries.undone(file.number), doing: "record the undo")
        try await database.run(BookkeepingQueries.setVersion(file.number - 1), doing: "lower the version")
    }
}
