// SPDX-License-Identifier: MIT

import Connect
import ConnectClient
import NavarchWire
import SwiftProtobuf

/// What an agent calls. Any replica answers any call; every call has a deadline.
public struct AgentClient: Sendable {
    /// How long past its wait a lease may take to arrive.
    static let leaseSlack = Duration.seconds(10)

    private let rpc: RPCClient

    /// Calls through `rpc`, which stays the caller's to shut down.
    public init(_ rpc: RPCClient) { self.rpc = rpc }

    /// Makes the node known, or known again.
    public func registerNode(
        _ request: Navarch_V1_RegisterNodeRequest
    ) async throws(RPCError) -> Navarch_V1_RegisterNodeResponse {
        try await rpc.unary(AgentMethods.registerNode, request)
    }

    /// Proves that the node lives. `.notFound`: register. `.failedPrecondition`: it was removed on purpose.
    public func sendHeartbeat(
        _ request: Navarch_V1_HeartbeatRequest, timeout: Duration? = nil
    ) async throws(RPCError) -> Navarch_V1_HeartbeatResponse {
        try await rpc.unary(AgentMethods.sendHeartbeat, request, timeout: timeout)
    }

    /// Reports the outcome of health checks and what happened to GPUs.
    public func reportHealth(
        _ request: Navarch_V1_ReportHealthRequest
    ) async throws(RPCError) -> Navarch_V1_ReportHealthResponse {
        try await rpc.unary(AgentMethods.reportHealth, request)
    }

    /// Leases the node's next batch, waiting up to `wait` for one. The call's time is the wait and a little more.
    public func leaseCommands(
        of nodeID: String, limit: Int32 = 0, wait: Duration = .zero
    ) async throws(RPCError) -> Navarch_V1_LeaseCommandsResponse {
        var request = Navarch_V1_LeaseCommandsRequest()
        request.nodeID = nodeID
        request.limit = limit
        if wait > .zero { request.wait = Google_Protobuf_Duration(wait) }
        return try await rpc.unary(AgentMethods.leaseCommands, request, timeout: wait + Self.leaseSlack)
    }

    /// Holds the node's command stream for as long as `body` reads it. Ends early when `body` returns.
    ///
    /// - Throws: `RPCError` when the stream fails, and what `body` throws.
    public func withCommandStream<Result>(
        of nodeID: String, limit: Int32 = 0, isolation: isolated (any Actor)? = #isolation,
        _ body: (RPCStream<Navarch_V1_StreamCommandsResponse>) async throws -> Result
    ) async throws -> Result {
        var request = Navarch_V1_StreamCommandsRequest()
        request.nodeID = nodeID
        request.limit = limit
        return try await rpc.withServerStream(AgentMethods.streamCommands, request, body)
    }

    /// Takes a batch: what the answer does not accept must not be acted on (C12).
    public func acknowledge(
        _ leases: [Navarch_V1_LeaseToken], of nodeID: String
    ) async throws(RPCError) -> Navarch_V1_AcknowledgeCommandsResponse {
        var request = Navarch_V1_AcknowledgeCommandsRequest()
        request.nodeID = nodeID
        request.leases = leases
        return try await rpc.unary(AgentMethods.acknowledgeCommands, request)
    }

    /// Keeps running commands in contact, and learns which of them somebody wants cancelled.
    public func renew(
        _ leases: [Navarch_V1_LeaseToken], of nodeID: String
    ) async throws(RPCError) -> Navarch_V1_RenewCommandsResponse {
        var request = Navarch_V1_RenewCommandsRequest()
        request.nodeID = nodeID
        request.leases = leases
        return try await rpc.unary(AgentMethods.renewCommands, request)
    }

    /// Says how far a running command is.
    public func reportProgress(
        _ request: Navarch_V1_ReportProgressRequest
    ) async throws(RPCError) -> Navarch_V1_ReportProgressResponse {
        try await rpc.unary(AgentMethods.reportProgress, request)
    }

    /// Ends a running command with its result. May be repeated with the same token and outcome.
    public func complete(_ request: Navarch_V1_CompleteCommandRequest) async throws(RPCError) {
        _ = try await rpc.unary(AgentMethods.completeCommand, request)
    }
}
