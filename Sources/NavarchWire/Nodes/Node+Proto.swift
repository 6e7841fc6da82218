// SPDX-License-Identifier: MIT
import NavarchModel

extension Navarch_V1_NodeInfo {
    /// The node as clients see it, without what only a look at one node shows.
    public init(_ node: Node) {
        self.init()
        nodeID = node.id.rawValue
        provider = node.registration.provider
        region = node.registration.region
        zone = node.registration.zone
        instanceType = node.registration.instanceType
        gpus = node.registration.gpus.map(Navarch_V1_GPUInfo.init)
        metadata = Navarch_V1_NodeMetadata(node.registration.metadata)
        host = Navarch_V1_HostInfo(node.registration.host)
        agentVersion = node.registration.agentVersion
        setState(of: node)
    }

    /// The node with its latest health results and metrics.
    public init(_ node: Node, healthResults: [HealthCheckResult], metrics: NodeMetrics?) {
        self.init(node)
        self.healthResults = healthResults.map(Navarch_V1_HealthCheckResult.init)
        if let metrics { self.metrics = Navarch_V1_NodeMetrics(metrics) }
    }

    private mutating func setState(of node: Node) {
        status = Navarch_V1_NodeStatus(node.status)
        healthStatus = Navarch_V1_HealthStatus(node.health)
        statusReason = node.statusReason
        reachable = node.reachable
        revision = node.revision
        registeredAt = .init(node.registeredAt)
        if let lastSeen = node.lastSeen { lastHeartbeat = .init(lastSeen) }
        if let lastHealthCheck = node.lastHealthCheck { self.lastHealthCheck = .init(lastHealthCheck) }
    }
}
