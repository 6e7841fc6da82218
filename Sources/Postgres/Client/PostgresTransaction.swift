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

    fileprivate init(scope: TransactionScope) { self.scope = scope }

    /// Runs one statement. After an error the transaction can only be rolled back.
    public func query(_ statement: PostgresStatement) async throws(PostgresError) -> PostgresRows {
        try await unit([statement])[0]
    }

    /// Sends statements together and waits for all answers. After an error the transaction can only be rolled back.
    public func unit(_ statements: [PostgresStatement]) async throws(PostgresError) -> [PostgresRows] {
        scope.isUsed.store(true, ordering: .relaxed)
        return try await scope.engine.perform(try scope.unit(statements))
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
        let patience = min(engine.configuration.defaultDeadline, .seconds(5))
        let statement = PostgresStatement(TransactionQueries.rollback, name: "ROLLBACK")
        // One statement of ours with no parameters: nothing about it can be refused.
        guard let unit = try? engine.unit([statement], share: share, deadline: patience, hold: hold) else {
            preconditionFailure("ROLLBACK is a valid unit")
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
    /// - Parameter deadline: for the whole of it, waiting for a connection included.
    /// - Throws: what `body` throws; else a `PostgresError` whose `outcome` is `.unknown` when COMMIT was not answered (C8).
    public func withTransaction<R>(
        isolation level: PostgresIsolation = .readCommitted, readOnly: Bool = false, share: PostgresShare = .general,
        deadline: Duration? = nil, isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresTransaction) async throws -> R
    ) async throws -> R {
        let hold = Hold()
        hold.begin = PostgresStatement(TransactionQueries.begin(level, readOnly: readOnly), name: "BEGIN")
        let instant = engine.instant(after: deadline)
        _ = try await engine.perform(Unit(.hold(hold), share: share, deadline: instant))
        let scope = TransactionScope(engine: engine, hold: hold, share: share, deadline: instant)
        defer { engine.post(.release(hold)) }
        do {
            let result = try await body(PostgresTransaction(scope: scope))
            try Task.checkCancellation()
            try await scope.commit()
            return result
        } catch {
            await scope.rollback()
            throw error
        }
    }
}
