// SPDX-License-Identifier: MIT

import Connect
import ConnectClient
import NavarchWire

/// What operators, schedulers and scripts call.
public struct OperatorClient: Sendable {
    let rpc: RPCClient

    /// Calls through `rpc`, which stays the caller's to shut down.
    public init(_ rpc: RPCClient) { self.rpc = rpc }

    /// One page of nodes in order of id.
    public func listNodes(
        _ request: Navarch_V1_ListNodesRequest, timeout: Duration? = nil
    ) async throws(RPCError) -> Navarch_V1_ListNodesResponse {
        try await rpc.unary(NodeMethods.listNodes, request, timeout: timeout)
    }

    /// One node with its particulars.
    public func node(_ id: String, timeout: Duration? = nil) async throws(RPCError) -> Navarch_V1_NodeInfo {
        var request = Navarch_V1_GetNodeRequest()
        request.nodeID = id
        return try await rpc.unary(NodeMethods.getNode, request, timeout: timeout).node
    }

    /// Follows changes of nodes for as long as `body` reads them.
    ///
    /// - Throws: `RPCError` when the stream fails (`.outOfRange`: the cursor is too old, list again), and what `body` throws.
    public func withNodeWatch<Result>(
        _ request: Navarch_V1_WatchNodesRequest, isolation: isolated (any Actor)? = #isolation,
        _ body: (RPCStream<Navarch_V1_WatchNodesResponse>) async throws -> Result
    ) async throws -> Result {
        try await rpc.withServerStream(NodeMethods.watchNodes, request, body)
    }

    /// One page of cloud instances in order of id.
    public func listInstances(
        _ request: Navarch_V1_ListInstancesRequest, timeout: Duration? = nil
    ) async throws(RPCError) -> Navarch_V1_ListInstancesResponse {
        try await rpc.unary(InstanceMethods.listInstances, request, timeout: timeout)
    }

    /// One cloud instance.
    public func instance(_ id: String, timeout: Duration? = nil) async throws(RPCError) -> Navarch_V1_InstanceInfo {
        var request = Navarch_V1_GetInstanceRequest()
        request.instanceID = id
        return try await rpc.unary(InstanceMethods.getInstance, request, timeout: timeout).instance
    }

    /// The control plane's replicas, and the schema that its database is at.
    public func replicas(timeout: Duration? = nil) async throws(RPCError) -> Navarch_V1_ListReplicasResponse {
        try await rpc.unary(ReplicaMethods.listReplicas, Navarch_V1_ListReplicasRequest(), timeout: timeout)
    }
}
