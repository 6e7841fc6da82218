// SPDX-License-Identifier: MIT
import Locks
import Logging
import NavarchModel
import NavarchStore
import Postgres

/// All stores over one PostgreSQL: a pool of pipelined connections, and where to open the session connection (C5, C6).
///
/// Sets no timeouts: `ALTER ROLE … SET` does. Every method is one transaction; it is run again when the server chose it as the victim of a
/// deadlock, and once more after an outcome that stayed unknown where running it twice is harmless.
public final class PostgresStore: Sendable {
    let client: PostgresClient
    let session: PostgresConfiguration
    let logger: Logger
    /// Which incarnation of the database each loop's term was raised in (C27).
    let termIncarnations = Mutex<[Term: PostgresUUID]>([:])

    /// Stores over `client`'s pool; `session` leads straight to the primary, never through a pooler.
    public init(client: PostgresClient, session: PostgresConfiguration, logger: Logger) {
        self.client = client
        self.session = session
        self.logger = logger
    }

    /// How often a transaction is run again that the server undid for a deadlock.
    static let transientRetries = 3

    /// Runs statements as one unit under one Sync (C5).
    /// - Parameter repeatable: running it twice is the same as once, so an unknown outcome is resolved by running it again.
    func unit(
        _ statements: [PostgresStatement], share: PostgresShare = .general, repeatable: Bool = false,
        operation: @autoclosure () -> String
    ) async throws(StoreError) -> [PostgresRows] {
        var retries = Retries(repeatable: repeatable)
        while true {
            do {
                return try await client.unit(statements, share: share)
            } catch {
                guard retries.allow(error) else { throw retries.verdict(on: error, operation: operation()) }
            }
        }
    }

    /// Runs one statement.
    func query(
        _ statement: PostgresStatement, share: PostgresShare = .general, repeatable: Bool = false,
        operation: @autoclosure () -> String
    ) async throws(StoreError) -> PostgresRows {
        try await unit([statement], share: share, repeatable: repeatable, operation: operation())[0]
    }

    /// Runs `body` in a transaction that holds a connection; for what must read an answer before it goes on.
    func transaction<Result: Sendable>(
        share: PostgresShare = .general, repeatable: Bool = false, operation: String,
        _ body: @Sendable (PostgresTransaction) async throws -> Result
    ) async throws(StoreError) -> Result {
        var retries = Retries(repeatable: repeatable)
        while true {
            do {
                return try await client.withTransaction(share: share) { try await body($0) }
            } catch let error as PostgresError {
                guard retries.allow(error) else { throw retries.verdict(on: error, operation: operation) }
            } catch {
                throw StoreError(other: error, operation: operation)
            }
        }
    }

    /// Reads rows; one that this binary does not understand is `.corruptRow`.
    func reading<Result>(_ operation: @autoclosure () -> String, _ body: () throws -> Result) throws(StoreError)
        -> Result
    {
        do {
            return try body()
        } catch {
            throw StoreError(other: error, operation: operation())
        }
    }
}

/// Counts what was tried again for one operation.
private struct Retries {
    let repeatable: Bool
    private var transient = 0
    private var unknown = 0

    init(repeatable: Bool) { self.repeatable = repeatable }

    /// Whether to try again after `error`.
    mutating func allow(_ error: PostgresError) -> Bool {
        switch error.outcome {
        case .notDone:
            transient += 1
            return error.isTransient && transient <= PostgresStore.transientRetries
        case .unknown:
            unknown += 1
            return repeatable && unknown <= 1
        case .done: return false
        }
    }

    /// What to tell of the last try: that it did nothing says nothing about an earlier one that nobody answered (C8).
    func verdict(on error: PostgresError, operation: String) -> StoreError {
        let verdict = StoreError(error, operation: operation)
        guard unknown > 0, verdict.code != .outcomeUnknown else { return verdict }
        return StoreError(
            .outcomeUnknown, operation: operation, message: "an earlier try was not answered; the outcome is unknown",
            cause: error)
    }
}
