// SPDX-License-Identifier: MIT
import Connect
import NavarchClient
import NavarchWire

/// What an agent needs of the control plane; one implementation calls a real one, tests and simulations bring their own.
public protocol ControlPlaneClient: Sendable {
    /// Makes the node known, or known again.
    func register(_ request: Navarch_V1_RegisterNodeRequest) async throws(RPCError) -> Navarch_V1_RegisterNodeResponse
    /// Proves that the node lives.
    func heartbeat(_ request: Navarch_V1_HeartbeatRequest) async throws(RPCError) -> Navarch_V1_HeartbeatResponse
    /// Reports the outcome of health checks.
    func reportHealth(_ request: Navarch_V1_ReportHealthRequest) async throws(RPCError)
        -> Navarch_V1_ReportHealthResponse
    /// Leases the next batch, waiting for one to appear.
    func leaseCommands(_ nodeID: String, limit: Int32, wait: Duration) async throws(RPCError)
        -> Navarch_V1_LeaseCommandsResponse
    /// Hands each batch of the node's stream to `receive`, until the stream ends, fails, or `receive` says false.
    func streamCommands(
        _ nodeID: String, limit: Int32, _ receive: @Sendable (Navarch_V1_StreamCommandsResponse) async throws -> Bool)
        async throws
    /// Takes a batch (C12).
    func acknowledge(_ nodeID: String, _ leases: [Navarch_V1_LeaseToken]) async throws(RPCError)
        -> Navarch_V1_AcknowledgeCommandsResponse
    /// Keeps running commands in contact.
    func renew(_ nodeID: String, _ leases: [Navarch_V1_LeaseToken]) async throws(RPCError)
        -> Navarch_V1_RenewCommandsResponse
    /// Says how far a command is.
    func progress(_ request: Navarch_V1_ReportProgressRequest) async throws(RPCError)
        -> Navarch_V1_ReportProgressResponse
    /// Ends a command with its result.
    func complete(_ request: Navarch_V1_CompleteCommandRequest) async throws(RPCError)
}

/// A control plane at the other end of RPC calls, each with a deadline (gap G48).
extension AgentClient: ControlPlaneClient {
    /// Makes the node known, or known again.
    public func register(_ request: Navarch_V1_RegisterNodeRequest) async throws(RPCError)
        -> Navarch_V1_RegisterNodeResponse
    {
        try await registerNode(request)
    }

    /// Proves that the node lives.
    public func heartbeat(_ request: Navarch_V1_HeartbeatRequest) async throws(RPCError) -> Navarch_V1_HeartbeatResponse
    {
        try await sendHeartbeat(request, timeout: .seconds(10))
    }

    /// Leases the next batch, waiting for one to appear.
    public func leaseCommands(
        _ nodeID: String, limit: Int32, wait: Duration
    ) async throws(RPCError) -> Navarch_V1_LeaseCommandsResponse {
        try await leaseCommands(of: nodeID, limit: limit, wait: wait)
    }

    /// Hands each batch of the node's stream to `receive`.
    public func streamCommands(
        _ nodeID: String, limit: Int32, _ receive: @Sendable (Navarch_V1_StreamCommandsResponse) async throws -> Bool
    ) async throws {
        try await withCommandStream(of: nodeID, limit: limit) { stream in
            while let batch = try await stream.next() {
                guard try await receive(batch) else { return }
            }
        }
    }

    /// Takes a batch.
    public func acknowledge(
        _ nodeID: String, _ leases: [Navarch_V1_LeaseToken]
    ) async throws(RPCError) -> Navarch_V1_AcknowledgeCommandsResponse {
        try await acknowledge(leases, of: nodeID)
    }

    /// Keeps running commands in contact.
    public func renew(
        _ nodeID: String, _ leases: [Navarch_V1_LeaseToken]
    ) async throws(RPCError) -> Navarch_V1_RenewCommandsResponse {
        try await renew(leases, of: nodeID)
    }

    /// Says how far a command is.
    public func progress(_ request: Navarch_V1_ReportProgressRequest) async throws(RPCError)
        -> Navarch_V1_ReportProgressResponse
    {
        try await reportProgress(request)
    }
}
