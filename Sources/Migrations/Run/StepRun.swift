// SPDX-License-Identifier: MIT
import Postgres

/// Runs steps, one after the other, under the runner's lock.
///
/// A step is recorded as begun before it starts, in a transaction of its own, and as done together with its work (a step that
/// is no transaction: right behind it). Killed in between, it is found begun and run again: a transaction left nothing, and
/// a step that is none holds only statements that can be run again (C23).
struct StepRun {
    let migrator: Migrator
    let database: Database

    func perform(_ step: MigrationPlan.Step) async throws(MigrationError) {
        let file = step.file
        try migrator.stop.check()
        migrator.report(.stepBegan(title: file.title, resumes: step.resumes))
        let start = ContinuousClock.now
        try await database.run(
            BookkeepingQueries.begin(file, runner: migrator.runner), doing: "record the start of \(file.title)")
        if file.transactional {
            try await retryingLocks(file) { () throws(MigrationError) in
                try await inTransaction(file) { () throws(MigrationError) in
                    if let minimum = file.minimumBinary { try await passGate(file, minimum: minimum) }
                    try await run(file.statements, of: file)
                    try await recordDone(file, since: start)
                }
            }
        } else {
            try await performAlone(file, since: start)
        }
        migrator.report(.stepDone(title: file.title, milliseconds: start.duration(to: .now).milliseconds))
    }

    /// A step that is no transaction: the gate in one, each statement by itself, the record in another.
    private func performAlone(_ file: MigrationFile, since start: ContinuousClock.Instant) async throws(MigrationError)
    {
        if let minimum = file.minimumBinary {
            try await retryingLocks(file) { () throws(MigrationError) in
                try await inTransaction(file) { () throws(MigrationError) in
                    try await passGate(file, minimum: minimum)
                }
            }
        }
        try await runAlone(file.statements, of: file)
        try await inTransaction(file) { () throws(MigrationError) in try await recordDone(file, since: start) }
    }

    /// Statements outside a transaction. Those that say CONCURRENTLY hold nobody up: they wait without a limit.
    func runAlone(_ statements: [SQLStatement], of file: MigrationFile) async throws(MigrationError) {
        for (index, statement) in statements.enumerated() {
            try migrator.stop.check()
            let shape = StatementShape(statement)
            if shape.isIndexCreation, try await ConcurrentIndex(run: self, statement: statement).isThere() { continue }
            let timeout = shape.isConcurrent ? .zero : migrator.options.tableLockTimeout
            try await retryingLocks(file) { () throws(MigrationError) in
                try await database.run(
                    RunnerQueries.lockTimeout(timeout, local: false), doing: "set lock_timeout")
                try await run(statement, of: file, index: index, count: statements.count)
            }
        }
        try await database.run(RunnerQueries.lockTimeout(.zero, local: false), doing: "set lock_timeout")
    }

    func run(_ statements: [SQLStatement], of file: MigrationFile) async throws(MigrationError) {
        for (index, statement) in statements.enumerated() {
            try migrator.stop.check()
            try await run(statement, of: file, index: index, count: statements.count)
        }
    }

    private func run(
        _ statement: SQLStatement, of file: MigrationFile, index: Int, count: Int
    ) async throws(MigrationError) {
        migrator.report(
            .statement(title: file.title, index: index + 1, count: count, excerpt: statement.excerpt()))
        let isConcurrent = StatementShape(statement).isConcurrent
        let deadline = isConcurrent ? migrator.options.concurrentDeadline : migrator.options.statementDeadline
        try await watched { () throws(MigrationError) in
            do throws(PostgresError) {
                _ = try await database.session.query(PostgresStatement(statement.text), deadline: deadline)
            } catch {
                throw StepFailure.error(error, of: file, statement)
            }
        }
    }

    /// The schema's half of the gate (C24): the row first, then the replicas, in the transaction of the step.
    private func passGate(_ file: MigrationFile, minimum: Int32) async throws(MigrationError) {
        try await database.run(BookkeepingQueries.raiseMinimum(minimum), doing: "raise the lowest binary")
        let older = try await liveReplicas(
            RunnerQueries.replicas(notKnowing: minimum, seenWithin: migrator.options.replicaGrace), limit: "knows step")
        guard older.isEmpty else {
            throw MigrationError(
                .oldReplicasLive,
                ([
                    "step \(file.title) takes away what \(older.count) live replicas still use (they must know step \(minimum)):"
                ]
                    + older).joined(separator: "\n  "),
                hint:
                    "roll the replicas out first, then run this again; a dead one counts as gone after \(migrator.options.replicaGrace.components.seconds) s"
            )
        }
    }

    /// Replicas that a query finds, a line each.
    func liveReplicas(_ query: PostgresStatement, limit: String) async throws(MigrationError) -> [String] {
        let exist = try await database.run(PostgresStatement(RunnerQueries.replicasExist), doing: "look for replicas")
        guard
            try database.read(
                "look for replicas", { () throws(PostgresDecodingError) in try exist[0].decode(0, as: Bool.self) })
        else { return [] }
        let rows = try await database.run(query, doing: "look for live replicas")
        return try database.read("look for live replicas") { () throws(PostgresDecodingError) in
            var lines: [String] = []
            for row in rows {
                let (id, address, version, known, age) = try row.decode(
                    as: String.self, String.self, String.self, Int32.self, Double.self)
                lines.append("\(id) at \(address), version \(version), \(limit) \(known), seen \(Int(age)) s ago")
            }
            return lines
        }
    }

    private func recordDone(_ file: MigrationFile, since start: ContinuousClock.Instant) async throws(MigrationError) {
        try await database.run(
            BookkeepingQueries.done(file.number, milliseconds: start.duration(to: .now).milliseconds),
            doing: "record \(file.title)")
        try await database.run(BookkeepingQueries.setVersion(file.number), doing: "record the schema's version")
    }
}
