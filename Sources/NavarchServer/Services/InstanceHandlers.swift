// SPDX-License-Identifier: MIT
import Connect
import ConnectServer
import NavarchModel
import NavarchStore
import NavarchWire

/// `navarch.v1.InstanceService`.
struct InstanceHandlers: Sendable {
    let instances: any InstanceStore
    let handling: Handling

    func add(to router: inout RPCRouter) {
        handling.unary(&router, InstanceMethods.listInstances) { request, context in try await list(request, context) }
        handling.unary(&router, InstanceMethods.getInstance) { request, _ in
            let instance = try await instances.instance(request.instanceID)
            return .with { $0.instance = Navarch_V1_InstanceInfo(instance) }
        }
    }

    private func list(
        _ request: Navarch_V1_ListInstancesRequest, _ context: CallContext
    ) async throws -> Navarch_V1_ListInstancesResponse {
        let page = try await PageSize.reading(over: context) { () async throws(StoreError) in
            try await instances.instances(
                provider: request.provider, region: request.region, state: InstanceState(request.state),
                pool: request.poolName, limit: PageSize.rows(request.pageSize),
                after: PageSize.token(request.pageToken))
        }
        return .with {
            $0.instances = page.elements.map(Navarch_V1_InstanceInfo.init)
            $0.nextPageToken = page.next ?? ""
        }
    }
}
