// SPDX-License-Identifier: MIT
import Connect
import ConnectServer
import NavarchControl
import NavarchModel
import NavarchStore
import NavarchWire

/// `navarch.v1.AgentService`: what a node's agent says of it. Commands are in `AgentHandlers+Commands.swift`.
struct AgentHandlers: Sendable {
    let control: ControlPlane
    let handling: Handling

    func add(to router: inout RPCRouter) {
        handling.unary(&router, AgentMethods.registerNode) { request, _ in try await register(request) }
        handling.onLoop(&router, AgentMethods.sendHeartbeat, heartbeat)
        handling.unary(&router, AgentMethods.reportHealth) { request, _ in try await reportHealth(request) }
        addCommands(to: &router)
    }

    private func register(_ request: Navarch_V1_RegisterNodeRequest) async throws -> Navarch_V1_RegisterNodeResponse {
        let (outcome, settings) = try await control.nodes.register(
            NodeID(request.nodeID), NodeRegistration(request))
        return .with {
            $0.message = outcome.isNew ? "registration successful" : "registration renewed"
            $0.config = Navarch_V1_NodeConfig(settings)
            $0.nodeStatus = Navarch_V1_NodeStatus(outcome.node.status)
            $0.replicaID = control.replicas.own.description
        }
    }

    /// Answered once the batch that it joins has committed (C18); no task is made for it.
    private func heartbeat(
        _ request: Navarch_V1_HeartbeatRequest, _ context: CallContext, _ reply: RPCReply<Navarch_V1_HeartbeatResponse>
    ) {
        let metrics = request.hasMetrics ? NodeMetrics(request.metrics) : nil
        control.heartbeats.submit(NodeID(request.nodeID), metrics: metrics) { result in
            switch result {
            case .success(let receipt): reply.succeed(.with { $0.nextHeartbeat = .init(receipt.nextHeartbeat) })
            case .failure(let error): reply.fail(handling.rpcError(error, context))
            }
        }
    }

    private func reportHealth(
        _ request: Navarch_V1_ReportHealthRequest
    ) async throws -> Navarch_V1_ReportHealthResponse {
        let node = try await control.nodes.reportHealth(
            NodeID(request.nodeID), results: request.results.map { HealthCheckResult($0).storable },
            events: request.events.map { HealthEvent($0).storable })
        return .with { $0.nodeStatus = Navarch_V1_NodeStatus(node.status) }
    }
}

extension Navarch_V1_NodeConfig {
    /// What an agent is told now.
    init(_ settings: NodeSettings) {
        self.init(
            heartbeatInterval: settings.heartbeatInterval, healthCheckInterval: settings.healthCheckInterval,
            leaseDuration: settings.leaseDuration, enabledHealthChecks: settings.enabledHealthChecks)
    }
}
