// SPDX-License-Identifier: MIT

/// Why a unit gave no rows, and what that says about its effect. Never holds a parameter's value.
public struct PostgresError: Error, Sendable, CustomStringConvertible {
    /// Whether the unit took effect (C8).
    public enum Outcome: Sendable, Equatable {
        /// It did not, and will not. It may be tried again.
        case notDone
        /// It did; what failed came after it.
        case done
        /// Nobody here knows. Find out by a key of the request's own before trying again.
        case unknown
    }

    /// What failed.
    public enum Kind: Sendable, Equatable {
        /// The server answered with an error; `sqlState` says which.
        case server
        /// The connection could not be made, or was lost.
        case connection
        /// The deadline passed.
        case deadline
        /// The task was cancelled.
        case cancelled
        /// The queue is full, or the unit waited in it for too long; a good time to try again is told.
        case overloaded(retryAfter: Duration)
        /// The client or session has ended.
        case closed
        /// The request cannot be sent: the caller's mistake.
        case invalidRequest
        /// An answer came that could not be read as asked.
        case decoding
    }

    /// What the server says of an error, where it says so.
    struct Details: Sendable {
        var sqlState: String?
        var severity: String?
        var detail: String?
        var hint: String?
        var constraint: String?
        var table: String?
        var column: String?
        var position: Int?
        var function: String?
        var statement: String?
    }

    // One reference, so that a result stays small.
    private final class Storage: Sendable {
        let outcome: Outcome
        let kind: Kind
        let message: String
        let details: Details

        init(_ outcome: Outcome, _ kind: Kind, _ message: String, _ details: Details) {
            self.outcome = outcome
            self.kind = kind
            self.message = message
            self.details = details
        }
    }

    private let storage: Storage

    init(_ kind: Kind, _ outcome: Outcome, _ message: String, details: Details = Details()) {
        storage = Storage(outcome, kind, message, details)
    }

    /// An error with another outcome or statement, all else the same.
    func with(outcome: Outcome? = nil, statement: String? = nil) -> PostgresError {
        var details = storage.details
        if let statement { details.statement = statement }
        return PostgresError(kind, outcome ?? self.outcome, message, details: details)
    }

    var details: Details { storage.details }

    /// Whether the unit took effect.
    public var outcome: Outcome { storage.outcome }
    /// What failed.
    public var kind: Kind { storage.kind }
    /// The server's primary message, or ours.
    public var message: String { storage.message }
    /// The server's five-character code.
    public var sqlState: String? { storage.details.sqlState }
    /// ERROR, FATAL or PANIC, in English whatever the server's language.
    public var severity: String? { storage.details.severity }
    /// The server's hint.
    public var hint: String? { storage.details.hint }
    /// The constraint that was violated.
    public var constraint: String? { storage.details.constraint }
    /// The table that the error is about.
    public var table: String? { storage.details.table }
    /// The column that the error is about.
    public var column: String? { storage.details.column }
    /// Where in the statement's text the error is, in characters from 1.
    public var position: Int? { storage.details.position }
    /// The name that the failed statement was given.
    public var statement: String? { storage.details.statement }
    /// The server's source function that raised it; a hint for narrow cases only.
    var function: String? { storage.details.function }

    /// The server's longer explanation. Unlike the message it can quote the row's values: keep it out of logs.
    public var detail: String? { storage.details.detail }

    /// Whether a transaction that met it may well pass when run again: serialization failure or deadlock.
    public var isTransient: Bool { sqlState == "40001" || sqlState == "40P01" }

    /// One line for logs.
    public var description: String {
        var text = "\(kind), \(outcome): \(message)"
        if let sqlState { text += " [\(sqlState)]" }
        if let statement { text += " in \(statement)" }
        if let constraint { text += ", constraint \(constraint)" }
        if let position { text += ", at character \(position)" }
        return text
    }
}
