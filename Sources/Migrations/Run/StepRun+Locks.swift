// SPDX-License-Identifier: MIT
import Postgres

extension StepRun {
    /// Begin, the work, commit; rolled back when the work throws.
    func inTransaction(
        _ file: MigrationFile, _ work: () async throws(MigrationError) -> Void
    ) async throws(MigrationError) {
        try await database.run(PostgresStatement(RunnerQueries.begin), doing: "begin \(file.title)")
        do {
            try await database.run(
                RunnerQueries.lockTimeout(migrator.options.tableLockTimeout, local: true), doing: "set lock_timeout")
            try await work()
        } catch {
            // The first error is the one to tell; when this fails too, the connection is gone and the server rolls back.
            _ = try? await database.run(PostgresStatement(RunnerQueries.rollback), doing: "roll back")
            throw error
        }
        try await database.run(PostgresStatement(RunnerQueries.commit), doing: "commit \(file.title)")
    }

    /// Tries again, with growing pauses, while the work fails for want of a lock: a short wait, so that what queues up
    /// behind it does not wait long either.
    func retryingLocks(
        _ file: MigrationFile, _ work: () async throws(MigrationError) -> Void
    ) async throws(MigrationError) {
        let tries = max(1, migrator.options.tableLockTries)
        for attempt in 1...tries {
            do {
                return try await work()
            } catch {
                guard StepFailure.isForWantOfLock(error) else { throw error }
                guard attempt < tries else {
                    throw MigrationError(
                        .tableBusy, "\(error.message); tried \(tries) times",
                        hint: "end the transactions that hold the table (pg_stat_activity), or allow more --lock-tries",
                        cause: error.cause)
                }
            }
            migrator.report(.retrying(title: file.title, tries: attempt, of: tries))
            let ceiling = min(10_000.0, 250.0 * Double(1 << min(attempt, 10)))
            await migrator.pause(.milliseconds(Int64(ceiling * (0.5 + migrator.random() / 2))))
            try migrator.stop.check()
        }
    }

    /// Runs a statement while another connection tells who blocks it and how far an index is. Short ones never need it.
    func watched(_ work: () async throws(MigrationError) -> Void) async throws(MigrationError) {
        let pid = try await database.backendPID()
        let watch = StatementWatch(migrator: migrator, pid: pid)
        let outcome: Result<Void, MigrationError> = await withTaskGroup(of: Void.self) { group in
            group.addTask { await watch.run() }
            defer { group.cancelAll() }
            do throws(MigrationError) {
                try await work()
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }
}

/// Looks at a running statement from a connection of its own, from its first second on.
private struct StatementWatch: Sendable {
    let migrator: Migrator
    let pid: Int32

    /// Until the task is cancelled. What it cannot see it does not tell: the statement's own end is what counts.
    func run() async {
        do {
            try await migrator.clock.sleep(for: .seconds(1))
            try await PostgresSession.withSession(migrator.configuration, logger: migrator.logger) { session in
                while !Task.isCancelled {
                    try await tellBlockers(session)
                    try await tellProgress(session)
                    try await migrator.clock.sleep(for: .seconds(1))
                }
            }
        } catch is CancellationError {
            return
        } catch {
            migrator.logger.debug("a running statement cannot be watched", metadata: ["error": "\(error)"])
        }
    }

    private func tellBlockers(_ session: PostgresSession) async throws {
        let rows = try await session.query(RunnerQueries.blockers(of: pid))
        guard !rows.isEmpty else { return }
        var blockers: [String] = []
        for row in rows {
            let (pid, name, state, age) = try row.decode(as: Int32.self, String.self, String.self, Double.self)
            blockers.append("back end \(pid) (\(name), \(state), transaction open for \(Int(age)) s)")
        }
        migrator.report(.blocked(by: blockers))
    }

    private func tellProgress(_ session: PostgresSession) async throws {
        guard let row = try await session.query(RunnerQueries.indexProgress(of: pid)).first else { return }
        let (phase, lockersDone, lockers, blocksDone, blocks, tuplesDone, tuples) = try row.decode(
            as: String.self, Int64.self, Int64.self, Int64.self, Int64.self, Int64.self, Int64.self)
        let counted = tuples > 0 ? (tuplesDone, tuples) : blocks > 0 ? (blocksDone, blocks) : (lockersDone, lockers)
        migrator.report(.indexProgress(phase: phase, done: counted.0, total: counted.1))
    }
}
