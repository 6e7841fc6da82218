// SPDX-License-Identifier: MIT

/// Where a client's bearer token comes from.
public enum TokenSource: Sendable, Equatable {
    /// Calls carry none.
    case none
    /// This one.
    case literal(String)
    /// The first line of a file, read again before each attempt, so that a rotated token is picked up without a restart.
    case file(path: String)

    /// What the RPC client asks before each attempt; nil where calls carry no token.
    var provider: (@Sendable () async throws -> String?)? {
        switch self {
        case .none: nil
        case .literal(let token): { token }
        case .file(let path): { try TokenFile.read(path) }
        }
    }
}
