// SPDX-License-Identifier: MIT

/// What went wrong at the seam between use cases and a store.
public struct StoreError: Error, Sendable {
    /// To branch on. Closed: every store maps what it meets to one of these.
    public enum Code: Sendable, CaseIterable {
        /// The thing named does not exist.
        case notFound
        /// The request contradicts what is stored (an idempotency key with another request, C13).
        case conflict
        /// A token, term or revision is no longer the current one; nothing was changed (C11, C15).
        case stale
        /// The state does not allow it; nothing was changed.
        case refused
        /// Shed before anything was tried; try again later (C7).
        case overloaded
        /// The database could not be reached; nothing was changed.
        case unavailable
        /// Sent, and not answered: resolve by key (C13) or lease id (C11) before telling anybody anything (C8).
        case outcomeUnknown
        /// What the database holds does not fit what this binary understands.
        case corruptRow
    }

    /// To branch on.
    public let code: Code
    /// What was being done, e.g. "lease commands of node n-17".
    public let operation: String
    /// For clients: what was wrong, in words; safe to show.
    public let message: String
    /// For logs, never for clients.
    public let cause: (any Error)?

    /// An error of one operation.
    public init(_ code: Code, operation: String, message: String = "", cause: (any Error)? = nil) {
        self.code = code
        self.operation = operation
        self.message = message
        self.cause = cause
    }
}
