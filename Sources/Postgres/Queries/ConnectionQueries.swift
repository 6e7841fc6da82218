// SPDX-License-Identifier: MIT

/// What a new connection is asked before it is used.
enum ConnectionQueries {
    /// Whether it leads to a standby (C4), and whether the process that answers is the one that greeted us; if not, there is
    /// a pooler in between (C5).
    static let check = "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.pg_backend_pid()"

    /// A setting of the session.
    static let setting = "SELECT pg_catalog.set_config($1, $2, false)"
}

/// The frame of an explicit transaction.
enum TransactionQueries {
    static let commit: StaticString = "COMMIT"
    static let rollback: StaticString = "ROLLBACK"

    static func begin(_ isolation: PostgresIsolation, readOnly: Bool) -> StaticString {
        switch (isolation, readOnly) {
        case (.readCommitted, false): "BEGIN ISOLATION LEVEL READ COMMITTED"
        case (.readCommitted, true): "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"
        case (.repeatableRead, false): "BEGIN ISOLATION LEVEL REPEATABLE READ"
        case (.repeatableRead, true): "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        case (.serializable, false): "BEGIN ISOLATION LEVEL SERIALIZABLE"
        case (.serializable, true): "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY"
        }
    }
}
