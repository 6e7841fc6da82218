// SPDX-License-Identifier: MIT

/// How patient a run is.
public struct MigratorOptions: Equatable, Sendable {
    /// How long to wait for another runner.
    public var runnerWait = Duration.seconds(600)
    /// How long one try waits for a table's lock: all that come after it wait behind it as long.
    public var tableLockTimeout = Duration.seconds(2)
    /// Tries for a table's lock, a growing and jittered pause between them.
    public var tableLockTries = 20
    /// How long one statement may take before its connection is given up.
    public var statementDeadline = Duration.seconds(3600)
    /// The same for CREATE INDEX CONCURRENTLY and its like, which hold nobody up.
    public var concurrentDeadline = Duration.seconds(24 * 3600)
    /// A replica seen within this time counts as live: longer than one that hangs may take to come back.
    public var replicaGrace = Duration.seconds(60)

    /// The defaults: ten minutes for another runner, 20 tries of 2 s for a table.
    public init() {}
}

/// What a run tells while it goes on.
public enum MigrationEvent: Equatable, Sendable {
    /// Another runner is at work.
    case waitingForRunner(holder: String)
    /// A step starts; `resumes` where an earlier run began it.
    case stepBegan(title: String, resumes: Bool)
    /// A statement starts, `index` of `count`.
    case statement(title: String, index: Int, count: Int, excerpt: String)
    /// A statement waits for these transactions.
    case blocked(by: [String])
    /// A table's lock was not free; the next try comes after a pause.
    case retrying(title: String, tries: Int, of: Int)
    /// How far an index is.
    case indexProgress(phase: String, done: Int64, total: Int64)
    /// An invalid index of an earlier run was dropped.
    case indexDropped(name: String)
    /// A valid and equal index of an earlier run was kept.
    case indexKept(name: String)
    /// A step is done.
    case stepDone(title: String, milliseconds: Int64)
    /// A step was taken back.
    case stepUndone(title: String)
}
