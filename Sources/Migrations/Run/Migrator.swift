// SPDX-License-Identifier: MIT
import Logging
import Postgres

/// Brings one database to the files, or says how it stands. Each operation uses connections of its own, straight to the
/// primary: its lock is its session's, so a pooler must not stand between.
public struct Migrator: Sendable {
    /// The steps.
    public let files: MigrationSet
    /// Where the database is.
    public let configuration: PostgresConfiguration
    /// How patient to be.
    public let options: MigratorOptions
    /// Version of the binary, recorded with each step.
    public let runner: String
    let logger: Logger
    let stop: StopSignal
    let report: @Sendable (MigrationEvent) -> Void
    let clock: any Clock<Duration>
    /// A number from 0 up to 1, for jitter.
    let random: @Sendable () -> Double

    /// A migrator of the database at `conninfo`.
    public init(
        files: MigrationSet, conninfo: String, options: MigratorOptions = MigratorOptions(), runner: String,
        logger: Logger, stop: StopSignal = StopSignal(), clock: any Clock<Duration> = ContinuousClock(),
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) },
        report: @escaping @Sendable (MigrationEvent) -> Void = { _ in }
    ) {
        self.files = files
        self.options = options
        self.runner = runner
        self.logger = logger
        self.stop = stop
        self.clock = clock
        self.random = random
        self.report = report
        configuration = Self.configuration(conninfo, options)
    }

    private static func configuration(_ conninfo: String, _ options: MigratorOptions) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(conninfo: conninfo)
        configuration.applicationName = "migrate"
        configuration.statementNaming = .unnamed
        configuration.defaultDeadline = .seconds(60)
        configuration.connectTimeout = .seconds(15)
        // Looked at by the engine itself, which has more to say about it.
        configuration.requirePrimary = false
        configuration.settings = [
            // A killed runner's back end must not go on with the lock (C23).
            "client_connection_check_interval": "1s",
            // What the role or the database sets for everyday work is not meant for this.
            "statement_timeout": "0", "lock_timeout": "0", "idle_session_timeout": "0", "synchronous_commit": "on",
            "default_transaction_read_only": "off",
            // A stopped runner must not hold locks for ever.
            "idle_in_transaction_session_timeout": "60s",
            // The server finds a dead runner's machine within half a minute.
            "tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3",
        ]
        return configuration
    }

    /// What an `up` did.
    public struct UpResult: Equatable, Sendable, Codable {
        /// Steps done by this run, in order.
        public let done: [String]
        /// The schema's version now.
        public let version: Int32
        /// Steps left, because of a target or of `expandOnly`.
        public let pending: Int

        /// What a run did.
        public init(done: [String], version: Int32, pending: Int) {
            self.done = done
            self.version = version
            self.pending = pending
        }
    }

    /// Runs all steps that are not done, in order, up to `target` (nil: the newest); waits for another runner first.
    /// - Throws: with all earlier steps done and recorded.
    @discardableResult
    public func up(to target: Int32? = nil, expandOnly: Bool = false) async throws(MigrationError) -> UpResult {
        // Files against a request that makes no sense are refused before anything is locked.
        _ = try MigrationPlan(files: files, history: SchemaHistory(), target: target, expandOnly: expandOnly)
        return try await withWriter { database throws(MigrationError) in
            try await database.createBookkeeping()
            let plan = try MigrationPlan(
                files: files, history: try await database.history(), target: target, expandOnly: expandOnly)
            let run = StepRun(migrator: self, database: database)
            for step in plan.steps { try await run.perform(step) }
            let history = try await database.history()
            return UpResult(
                done: plan.steps.map(\.file.title), version: history.version,
                pending: files.files.count { $0.number > history.version })
        }
    }

    /// What the database remembers; an empty history where it remembers nothing. Writes nothing and locks nothing.
    public func history() async throws(MigrationError) -> SchemaHistory {
        try await withDatabase { database throws(MigrationError) in try await database.history() }
    }

    /// Connects for reading.
    func withDatabase<R>(
        _ body: (Database) async throws(MigrationError) -> R
    ) async throws(MigrationError) -> R {
        do {
            return try await PostgresSession.withSession(configuration, logger: logger) { session in
                try await body(Database(session: session))
            }
        } catch let error as MigrationError {
            throw error
        } catch let error as PostgresError {
            throw Database.failure(error, doing: "connect")
        } catch {
            throw MigrationError(.unreachable, "the database cannot be reached: \(error)", cause: error)
        }
    }

    /// Connects for writing: checks that this is a primary, and holds the runner's lock while `body` runs.
    func withWriter<R>(
        _ body: (Database) async throws(MigrationError) -> R
    ) async throws(MigrationError) -> R {
        try await withDatabase { database throws(MigrationError) in
            if try await database.isReadOnly() {
                throw MigrationError(
                    .readOnly, "the server is a standby, or read-only", hint: "give the address of the primary")
            }
            try await waitForOtherRunners(database)
            return try await body(database)
        }
    }

    /// Polls the try form of the lock, each time in a transaction of its own: who waits inside one holds a snapshot, and
    /// the other runner's CREATE INDEX CONCURRENTLY waits for that snapshot: a deadlock (C23).
    private func waitForOtherRunners(_ database: Database) async throws(MigrationError) {
        let start = ContinuousClock.now
        var told: String?
        while try await !database.tryLock() {
            try stop.check()
            let holder = try await database.lockHolder()
            if start.duration(to: .now) > options.runnerWait {
                throw MigrationError(
                    .runnerBusy, "another runner works on this database: \(holder ?? "it ended just now")",
                    hint: "wait for it, or wait longer with --wait")
            }
            if let holder, holder != told {
                report(.waitingForRunner(holder: holder))
                told = holder
            }
            await pause(.milliseconds(250 + Int64(random() * 250)))
        }
    }

    /// Sleeps; a cancelled task goes on at once, to meet its end at the next statement.
    func pause(_ duration: Duration) async {
        // The only error is the cancellation, which the next statement throws again.
        try? await clock.sleep(for: duration)
    }
}
