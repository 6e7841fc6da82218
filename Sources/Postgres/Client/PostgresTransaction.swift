// SPDX-License-Identifier: MIT
import Synchronization

/// How far a transaction is kept apart from others.
public enum PostgresIsolation: Sendable, Hashable {
    /// Each statement sees what was committed before it.
    case readCommitted
    /// All statements see what was committed before the first.
    case repeatableRead
    /// As if transactions ran one after the other.
    case serializable
}

/// An open transaction, with a connection of its own. Valid inside the scope of `withTransaction` only.
///
/// Never wait for anything but the database inside: it holds a connection, and locks (C7).
public struct PostgresTransaction: Sendable {
    private let scope: TransactionScope
    /// Savepoints around this scope.
    private let depth: Int

    fileprivate init(scope: TransactionScope, depth: Int) {
        self.scope = scope
        self.depth = depth
    }

    /// Runs one statement. After an error the transaction can only be rolled back.
    public func query(_ statement: PostgresStatement) async throws(PostgresError) -> PostgresRows {
        try await unit([statement])[0]
    }

    /// Sends statements together and waits for all answers. After an error the transaction can only be rolled back.
    public func unit(_ statements: [PostgresStatement]) async throws(PostgresError) -> [PostgresRows] {
        scope.isUsed.store(true, ordering: .relaxed)
        return try await scope.engine.perform(try scope.unit(statements))
    }

    /// Runs `body` in a savepoint: what it changed stays when it returns and is undone when it throws; the transaction can go on in
    /// both cases. Nothing else may use the transaction meanwhile but the value that `body` is given.
    /// - Throws: what `body` throws; else a `PostgresError`, also when `body` swallowed the error of a statement, since nothing
    ///   that follows such an error can be kept.
    public func withSavepoint<R>(
        isolation: isolated (any Actor)? = #isolation, _ body: (PostgresTransaction) async throws -> R
    ) async throws -> R {
        // Names may come again: the server takes the newest.
        let name = "s\(depth + 1)"
        _ = try await query(PostgresStatement(TransactionQueries.savepoint(name), name: "SAVEPOINT"))
        do {
            let result = try await body(PostgresTransaction(scope: scope, depth: depth + 1))
            try Task.checkCancellation()
            _ = try await query(PostgresStatement(TransactionQueries.release(name), name: "RELEASE"))
            return result
        } catch {
            await scope.rollback(to: name)
            throw error
        }
    }
}

/// What a transaction holds.
private final class TransactionScope: Sendable {
    let engine: Engine
    let hold: Hold
    let share: PostgresShare
    let deadline: UInt64
    let isUsed = Atomic(false)

    init(engine: Engine, hold: Hold, share: PostgresShare, deadline: UInt64) {
        self.engine = engine
        self.hold = hold
        self.share = share
        self.deadline = deadline
    }

    func unit(_ statements: [PostgresStatement]) throws(PostgresError) -> Unit {
        let now = monotonicNow()
        guard now < deadline else {
            throw PostgresError(.deadline, .notDone, "the transaction's deadline passed")
        }
        return try engine.unit(statements, share: share, deadline: .nanoseconds(Int64(deadline - now)), hold: hold)
    }

    func commit() async throws(PostgresError) {
        guard isUsed.load(ordering: .relaxed) else { return }
        let unit = try unit([PostgresStatement(TransactionQueries.commit, name: "COMMIT")])
        hold.isCommitting = true
        // Not to be cancelled: a COMMIT that was sent has to be waited for.
        let rows = try await engine.settle(unit).get()
        if rows.last?.command != "COMMIT" {
            throw PostgresError(.server, .notDone, "a statement had failed: the transaction was rolled back")
        }
    }

    func rollback() async {
        guard isUsed.load(ordering: .relaxed), !hold.isCommitting else { return }
        await undo([PostgresStatement(TransactionQueries.rollback, name: "ROLLBACK")])
    }

    func rollback(to savepoint: String) async {
        await undo([
            PostgresStatement(TransactionQueries.rollback(to: savepoint), name: "ROLLBACK TO"),
            PostgresStatement(TransactionQueries.release(savepoint), name: "RELEASE"),
        ])
    }

    /// Not to be cancelled, and beyond the transaction's own deadline.
    private func undo(_ statements: [PostgresStatement]) async {
        let patience = min(engine.configuration.defaultDeadline, .seconds(5))
        // Statements of ours with no parameters: nothing about them can be refused.
        guard let unit = try? engine.unit(statements, share: share, deadline: patience, hold: hold) else {
            preconditionFailure("a rollback is a valid unit")
        }
        // Unanswered, the engine closes the connection, and the server rolls back: the same end.
        _ = await engine.settle(unit)
    }
}

extension PostgresClient {
    /// Runs `body` in a transaction on a connection of its own: committed when it returns, rolled back when it throws or the
    /// task is cancelled.
    ///
    /// For transactions that must read an answer before they go on; all others are cheaper as a `unit`.
    /// - Parameters:
    ///   - deferrable: with `serializable` and `readOnly`, waits at the start for a snapshot that can neither fail nor make others fail.
    ///   - attempts: how often `body` may run. It runs again, in a transaction anew, only when the server refused one with
    ///     a serialization failure (40001) or a deadlock (40P01), after a wait with jitter; so nothing that it does outside the
    ///     database may depend on how often it ran.
    ///   - deadline: for the whole of it, waiting for a connection and all attempts included.
    /// - Throws: what `body` throws; else a `PostgresError` whose `outcome` is `.unknown` when COMMIT was not answered (C8).
    public func withTransaction<R>(
        isolation level: PostgresIsolation = .readCommitted, readOnly: Bool = false, deferrable: Bool = false,
        attempts: Int = 1, share: PostgresShare = .general, deadline: Duration? = nil,
        isolation: isolated (any Actor)? = #isolation, _ body: (PostgresTransaction) async throws -> R
    ) async throws -> R {
        let begin = PostgresStatement(
            TransactionQueries.begin(level, readOnly: readOnly, deferrable: deferrable), name: "BEGIN")
        let instant = engine.instant(after: deadline)
        var attempt = 1
        while true {
            do {
                return try await transaction(begin, share: share, by: instant, body)
            } catch let error as PostgresError where error.isTransient && attempt < attempts {
                let wait = Self.pause(after: attempt)
                guard monotonicNow() &+ wait.wholeNanoseconds < instant else { throw error }
                try await Task.sleep(for: wait)
                attempt += 1
            }
        }
    }

    private func transaction<R>(
        _ begin: PostgresStatement, share: PostgresShare, by instant: UInt64,
        isolation: isolated (any Actor)? = #isolation, _ body: (PostgresTransaction) async throws -> R
    ) async throws -> R {
        let hold = Hold()
        hold.begin = begin
        _ = try await engine.perform(Unit(.hold(hold), share: share, deadline: instant))
        let scope = TransactionScope(engine: engine, hold: hold, share: share, deadline: instant)
        defer { engine.post(.release(hold)) }
        do {
            let result = try await body(PostgresTransaction(scope: scope, depth: 0))
            try Task.checkCancellation()
            try await scope.commit()
            return result
        } catch {
            await scope.rollback()
            throw error
        }
    }

    /// Longer each time, and at random, so that those who met do not meet again: at most 2, 4, 8 … 128 ms.
    private static func pause(after attempt: Int) -> Duration {
        let most = 1_000 << min(attempt, 7)
        return .microseconds(Int.random(in: most / 4...most))
    }
}
