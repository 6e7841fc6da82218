// SPDX-License-Identifier: MIT
import Connect
import ConnectServer
import NavarchControl
import NavarchModel
import NavarchStore
import NavarchWire

/// The original's unversioned service over the same use cases, so that its agents and CLI keep working. What differs on
/// purpose is in docs/deviations.md.
///
/// It always sends `success` and `acknowledged`, as agents take a false for a rejection.
struct OriginalService: Sendable {
    let control: ControlPlane
    let handling: Handling

    /// What the original tells every agent; its agents ignore it (gap G46).
    private static let enabledHealthChecks = ["boot", "nvml", "xid"]

    func add(to router: inout RPCRouter) {
        addQueries(to: &router)
        unary(&router, OriginalMethods.registerNode) { request, context in try await register(request, context) }
        router.unaryOnLoop(OriginalMethods.sendHeartbeat, heartbeat)
        unary(&router, OriginalMethods.reportHealth) { request, context in try await reportHealth(request, context) }
        unary(&router, OriginalMethods.getNodeCommands) { request, context in try await commands(request, context) }
        unary(&router, OriginalMethods.issueCommand) { request, context in try await issue(request, context) }
    }

    /// Adds a method; each validates by itself, since the original's complaints come first.
    func unary<Q, R>(
        _ router: inout RPCRouter, _ method: RPCMethod<Q, R>,
        _ handler: @escaping @Sendable (Q, CallContext) async throws -> R
    ) {
        router.unary(method) { request, context in
            try await handling.translated(context) { try await handler(request, context) }
        }
    }

    /// The original's one complaint about names.
    static func require(_ value: String, _ name: String) throws(RPCError) {
        if value.isEmpty { throw RPCError(.invalidArgument, "\(name) is required") }
    }

    private func register(
        _ request: Navarch_RegisterNodeRequest, _ context: CallContext
    ) async throws -> Navarch_RegisterNodeResponse {
        try Self.require(request.nodeID, "node_id")
        let known: Navarch_V1_RegisterNodeRequest = try reread(request)
        try validate(known, over: context.rpcProtocol)
        let (_, settings) = try await control.nodes.register(NodeID(known.nodeID), NodeRegistration(known))
        var config: Navarch_NodeConfig = try reread(Navarch_V1_NodeConfig(settings))
        config.enabledHealthChecks = Self.enabledHealthChecks
        let answer = config
        return .with {
            $0.success = true
            $0.message = "registration successful"
            $0.config = answer
        }
    }

    private func heartbeat(
        _ request: Navarch_HeartbeatRequest, _ context: CallContext, _ reply: RPCReply<Navarch_HeartbeatResponse>
    ) {
        let beat: Navarch_V1_HeartbeatRequest
        do throws(RPCError) {
            try Self.require(request.nodeID, "node_id")
            beat = try Self.accepted(request, over: context.rpcProtocol)
        } catch {
            return reply.fail(error)
        }
        let metrics = beat.hasMetrics ? NodeMetrics(beat.metrics) : nil
        control.heartbeats.submit(NodeID(beat.nodeID), metrics: metrics) { result in
            switch result {
            case .success: reply.succeed(.with { $0.acknowledged = true })
            case .failure(let error): reply.fail(handling.rpcError(error, context))
            }
        }
    }

    /// The heartbeat without the agent's clock, which nothing here believes (gap G34), and without a sample that has
    /// impossible figures: an agent that measures badly is alive all the same.
    private static func accepted(
        _ request: Navarch_HeartbeatRequest, over rpcProtocol: RPCProtocol
    ) throws(RPCError) -> Navarch_V1_HeartbeatRequest {
        var beat = Navarch_V1_HeartbeatRequest()
        beat.nodeID = request.nodeID
        try validate(beat, over: rpcProtocol)
        guard request.hasMetrics else { return beat }
        let metrics: Navarch_V1_NodeMetrics = try reread(request.metrics)
        if RequestValidator.check(metrics).count == 0 { beat.metrics = metrics }
        return beat
    }

    private func reportHealth(
        _ request: Navarch_ReportHealthRequest, _ context: CallContext
    ) async throws -> Navarch_ReportHealthResponse {
        try Self.require(request.nodeID, "node_id")
        let report: Navarch_V1_ReportHealthRequest = try reread(request)
        try validate(report, over: context.rpcProtocol)
        let node = try await control.nodes.reportHealth(
            NodeID(report.nodeID), results: report.results.map { HealthCheckResult($0).storable },
            events: report.events.map { HealthEvent($0).storable })
        return .with {
            $0.acknowledged = true
            $0.nodeStatus = Navarch_NodeStatus(node.status)
        }
    }

    /// Leases and closes in one transaction, since these agents can neither acknowledge nor report; so their commands
    /// arrive at most once. An unknown node has no commands, as in the original.
    private func commands(
        _ request: Navarch_GetNodeCommandsRequest, _ context: CallContext
    ) async throws -> Navarch_GetNodeCommandsResponse {
        try Self.require(request.nodeID, "node_id")
        try validate(Navarch_V1_GetNodeRequest.with { $0.nodeID = request.nodeID }, over: context.rpcProtocol)
        let commands = try await handedOut(to: NodeID(request.nodeID))
        return .with { $0.commands = commands.map(Navarch_NodeCommand.init) }
    }

    private func handedOut(to node: NodeID) async throws(StoreError) -> [LeasedCommand] {
        do throws(StoreError) {
            return try await control.delivery.leaseAndClose(node)
        } catch {
            if error.code == .notFound || error.code == .refused { return [] }
            throw error
        }
    }

    private func issue(
        _ request: Navarch_IssueCommandRequest, _ context: CallContext
    ) async throws -> Navarch_IssueCommandResponse {
        try Self.require(request.nodeID, "node_id")
        if request.commandType == .unknown { throw RPCError(.invalidArgument, "command_type is required") }
        let asked: Navarch_V1_IssueCommandRequest = try reread(request)
        try validate(asked, over: context.rpcProtocol)
        guard let type = CommandType(asked.commandType) else { preconditionFailure("the table requires a type") }
        let outcome = try await control.commands.issue(
            CommandRequest(
                type: type, parameters: asked.parameters, reason: asked.parameters["reason"] ?? "",
                issuedBy: try Caller.actor(of: context)),
            for: NodeID(asked.nodeID))
        return .with {
            $0.commandID = outcome.command.id.description
            $0.issuedAt = .init(outcome.command.issuedAt)
        }
    }
}

extension Navarch_NodeStatus {
    /// The same status; the numbers are the same.
    init(_ status: NodeStatus) { self = Self(rawValue: Navarch_V1_NodeStatus(status).rawValue) ?? .unknown }
}

extension Navarch_NodeCommand {
    /// The command as the original hands it out, where a reason is a parameter.
    init(_ command: LeasedCommand) {
        self.init()
        commandID = command.token.command.description
        type = Navarch_NodeCommandType(rawValue: Navarch_V1_NodeCommandType(command.type).rawValue) ?? .unknown
        parameters = command.parameters
        if !command.reason.isEmpty, parameters["reason"] == nil { parameters["reason"] = command.reason }
        issuedAt = .init(command.issuedAt)
    }
}
