// SPDX-License-Identifier: MIT
import NavarchStore
import Postgres

extension StoreError {
    /// The one mapping from the client's errors to the stores'.
    init(_ error: PostgresError, operation: String) {
        self.init(Self.code(of: error), operation: operation, message: Self.message(of: error), cause: error)
    }

    /// Anything thrown inside a transaction's scope.
    init(other error: any Error, operation: String) {
        switch error {
        case let error as StoreError: self = error
        case let error as PostgresError: self.init(error, operation: operation)
        case is PostgresDecodingError, is CorruptRow:
            self.init(.corruptRow, operation: operation, message: "a row does not fit this version", cause: error)
        default: self.init(.unavailable, operation: operation, message: "interrupted", cause: error)
        }
    }

    private static func code(of error: PostgresError) -> Code {
        if error.outcome == .unknown { return .outcomeUnknown }
        switch error.kind {
        case .overloaded: return .overloaded
        case .server: return code(ofState: error.sqlState ?? "")
        case .invalidRequest: return .refused
        case .decoding: return .corruptRow
        case .connection, .deadline, .cancelled, .closed: return .unavailable
        }
    }

    /// By SQLSTATE class: data (22) and integrity (23) are the request's fault; a schema other than ours (42) does not fit this binary.
    private static func code(ofState state: String) -> Code {
        switch state.prefix(2) {
        case "22", "23": .refused
        case "42": .corruptRow
        case "53", "55": .overloaded
        default: .unavailable
        }
    }

    private static func message(of error: PostgresError) -> String {
        switch code(of: error) {
        case .refused: "a value cannot be stored"
        case .overloaded: "the database is busy; try again"
        case .unavailable: "the database cannot be reached now; nothing was changed"
        case .outcomeUnknown: "the database did not answer; the outcome is unknown"
        case .corruptRow: "the database does not fit this version"
        case .notFound, .conflict, .stale: ""
        }
    }
}

/// A value in a row that this binary has no name for.
struct CorruptRow: Error, CustomStringConvertible {
    let description: String
}
