// SPDX-License-Identifier: MIT

/// Typed calls to a control plane: ``AgentClient`` for what agents call, ``OperatorClient`` for everybody else, both over one
/// `RPCClient` made by ``ClientConfiguration``.
///
/// This module never decides anything about the fleet and never starts a task; it knows addresses, tokens, methods and
/// idempotency keys.
public enum NavarchClient {
    /// The port that replicas listen on when nobody says otherwise; the original's.
    public static let defaultPort = 50_051
    /// Where a client looks when nobody says otherwise.
    public static let defaultServer = "http://localhost:50051"
}
