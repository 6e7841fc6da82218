// SPDX-License-Identifier: MIT
import Connect
import ConnectServer
import NavarchModel
import NavarchStore
import NavarchWire

extension OriginalService {
    /// Rows read at once; the original's lists have no pages, so all of them are put together.
    private static let rows = 1_000

    func addQueries(to router: inout RPCRouter) {
        unary(&router, OriginalMethods.listNodes) { request, context in try await nodes(request, context) }
        unary(&router, OriginalMethods.getNode) { request, context in try await node(request, context) }
        unary(&router, OriginalMethods.listInstances) { request, context in try await instances(request, context) }
        unary(&router, OriginalMethods.getInstance) { request, context in try await instance(request, context) }
    }

    private func nodes(
        _ request: Navarch_ListNodesRequest, _ context: CallContext
    ) async throws -> Navarch_ListNodesResponse {
        let asked: Navarch_V1_ListNodesRequest = try reread(request)
        try validate(asked, over: context.rpcProtocol)
        var filter = NodeFilter()
        filter.provider = asked.provider
        filter.region = asked.region
        filter.status = NodeStatus(asked.status)
        var response = Navarch_ListNodesResponse()
        var token: String?
        repeat {
            let page = try await control.nodes.nodes(filter, limit: Self.rows, after: token).page
            for node in page.elements { response.nodes.append(try reread(Navarch_V1_NodeInfo(node))) }
            token = page.next
        } while token != nil
        return response
    }

    private func node(_ request: Navarch_GetNodeRequest, _ context: CallContext) async throws -> Navarch_GetNodeResponse
    {
        try Self.require(request.nodeID, "node_id")
        try validate(Navarch_V1_GetNodeRequest.with { $0.nodeID = request.nodeID }, over: context.rpcProtocol)
        let detail = try await control.nodes.node(NodeID(request.nodeID))
        let info: Navarch_NodeInfo = try reread(Navarch_V1_NodeInfo(detail.node))
        return .with { $0.node = info }
    }

    private func instances(
        _ request: Navarch_ListInstancesRequest, _ context: CallContext
    ) async throws -> Navarch_ListInstancesResponse {
        let asked: Navarch_V1_ListInstancesRequest = try reread(request)
        try validate(asked, over: context.rpcProtocol)
        var response = Navarch_ListInstancesResponse()
        var token: String?
        repeat {
            let page = try await control.instances.instances(
                provider: asked.provider, region: asked.region, state: InstanceState(asked.state), pool: asked.poolName,
                limit: Self.rows, after: token)
            for instance in page.elements { response.instances.append(try reread(Navarch_V1_InstanceInfo(instance))) }
            token = page.next
        } while token != nil
        return response
    }

    private func instance(
        _ request: Navarch_GetInstanceRequest, _ context: CallContext
    ) async throws -> Navarch_GetInstanceResponse {
        try Self.require(request.instanceID, "instance_id")
        try validate(
            Navarch_V1_GetInstanceRequest.with { $0.instanceID = request.instanceID }, over: context.rpcProtocol)
        let instance = try await control.instances.instance(request.instanceID)
        let info: Navarch_InstanceInfo = try reread(Navarch_V1_InstanceInfo(instance))
        return .with { $0.instance = info }
    }
}
