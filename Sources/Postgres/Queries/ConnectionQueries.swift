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

    static func begin(_ isolation: PostgresIsolation, readOnly: Bool, deferrable: Bool) -> String {
        let level =
            switch isolation {
            case .readCommitted: "READ COMMITTED"
            case .repeatableRead: "REPEATABLE READ"
            case .serializable: "SERIALIZABLE"
            }
        return "BEGIN ISOLATION LEVEL \(level)" + (readOnly ? " READ ONLY" : "") + (deferrable ? " DEFERRABLE" : "")
    }

    // Names of savepoints are ours, letters and digits only.
    static func savepoint(_ name: String) -> String { "SAVEPOINT \(name)" }
    static func rollback(to name: String) -> String { "ROLLBACK TO SAVEPOINT \(name)" }
    static func release(_ name: String) -> String { "RELEASE SAVEPOINT \(name)" }
}
