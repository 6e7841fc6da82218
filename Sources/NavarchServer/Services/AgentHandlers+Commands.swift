// SPDX-License-Identifier: MIT
import Connect
import ConnectServer
import NavarchControl
import NavarchModel
import NavarchStore
import NavarchWire

extension AgentHandlers {
    /// Commands of one batch when the agent does not say.
    static let defaultBatch = 16
    /// Agents of a replica that goes spread over this long, so that they do not all come to the next at once.
    static let longestReconnect = Duration.seconds(2)

    func addCommands(to router: inout RPCRouter) {
        handling.onLoop(&router, AgentMethods.leaseCommands, lease)
        handling.stream(&router, AgentMethods.streamCommands, stream)
        handling.unary(&router, AgentMethods.acknowledgeCommands) { request, _ in try await acknowledge(request) }
        handling.unary(&router, AgentMethods.renewCommands) { request, _ in try await renew(request) }
        handling.unary(&router, AgentMethods.reportProgress) { request, _ in try await progress(request) }
        handling.unary(&router, AgentMethods.completeCommand) { request, _ in try await complete(request) }
    }

    /// A poll that does not wait shares its statement with others and needs no task; one that waits has a task.
    private func lease(
        _ request: Navarch_V1_LeaseCommandsRequest, _ context: CallContext,
        _ reply: RPCReply<Navarch_V1_LeaseCommandsResponse>
    ) {
        let (node, limit) = (NodeID(request.nodeID), Self.batch(request.limit))
        let wait = request.hasWait ? Duration(request.wait) : .zero
        guard wait == .zero else {
            return reply.run { context in
                try await handling.translated(context) {
                    Self.leased(try await control.delivery.lease(for: node, limit: limit, wait: wait))
                }
            }
        }
        control.delivery.poll(node, limit: limit) { result in
            switch result {
            case .success(let batch): reply.succeed(Self.leased(batch))
            case .failure(let error): reply.fail(handling.rpcError(error, context))
            }
        }
    }

    private func stream(
        _ request: Navarch_V1_StreamCommandsRequest, _ writer: RPCWriter<Navarch_V1_StreamCommandsResponse>,
        _ context: CallContext
    ) async throws {
        try await writer.sendHeaders()
        try await control.delivery.stream(NodeID(request.nodeID), limit: Self.batch(request.limit)) { batch in
            try await writer.write(
                .with {
                    $0.commands = batch.commands.map(Navarch_V1_LeasedCommand.init)
                    $0.cancelRequested = batch.cancelRequested.map(\.description)
                })
        }
        try Task.checkCancellation()
        // The stream ended by itself: this replica drains, and says when to come to another.
        let delay = Duration.milliseconds(Int64.random(in: 0...Self.longestReconnect.components.seconds * 1_000))
        try await writer.write(.with { $0.reconnectAfter = .init(delay) })
    }

    private func acknowledge(
        _ request: Navarch_V1_AcknowledgeCommandsRequest
    ) async throws -> Navarch_V1_AcknowledgeCommandsResponse {
        let tokens = request.leases.compactMap(LeaseToken.init)
        let accepted = Set(try await control.commands.acknowledge(tokens, of: NodeID(request.nodeID)))
        guard !accepted.isEmpty else { throw RPCError(StoreError(.stale, operation: "acknowledge commands")) }
        return .with {
            for token in tokens {
                let id = token.command
                if accepted.contains(id) {
                    $0.accepted.append(id.description)
                } else {
                    $0.refused.append(id.description)
                }
            }
        }
    }

    private func renew(_ request: Navarch_V1_RenewCommandsRequest) async throws -> Navarch_V1_RenewCommandsResponse {
        let tokens = request.leases.compactMap(LeaseToken.init)
        let outcome = try await control.commands.renew(tokens, of: NodeID(request.nodeID))
        let renewed = Set(outcome.renewed)
        return .with {
            $0.renewed = outcome.renewed.map(\.description)
            $0.refused = tokens.map(\.command).filter { !renewed.contains($0) }.map(\.description)
            $0.cancelRequested = outcome.cancelRequested.map(\.description)
        }
    }

    private func progress(
        _ request: Navarch_V1_ReportProgressRequest
    ) async throws -> Navarch_V1_ReportProgressResponse {
        let cancel = try await control.commands.reportProgress(
            CommandProgress(request.progress).storable, of: try Self.token(request.lease), node: NodeID(request.nodeID))
        return .with { $0.cancelRequested = cancel }
    }

    private func complete(
        _ request: Navarch_V1_CompleteCommandRequest
    ) async throws -> Navarch_V1_CompleteCommandResponse {
        guard let outcome = CommandState(request.outcome) else { preconditionFailure("the table requires an outcome") }
        try await control.commands.complete(
            try Self.token(request.lease), of: NodeID(request.nodeID), as: outcome,
            result: CommandResult(request.result).storable)
        return Navarch_V1_CompleteCommandResponse()
    }

    private static func token(_ wire: Navarch_V1_LeaseToken) throws(RPCError) -> LeaseToken {
        guard let token = LeaseToken(wire) else { preconditionFailure("the table requires both ids to be UUIDs") }
        return token
    }

    private static func leased(_ batch: AgentBatch) -> Navarch_V1_LeaseCommandsResponse {
        var response = Navarch_V1_LeaseCommandsResponse()
        if batch.isEmpty { return response }
        response.commands = batch.commands.map(Navarch_V1_LeasedCommand.init)
        response.cancelRequested = batch.cancelRequested.map(\.description)
        return response
    }

    private static func batch(_ limit: Int32) -> Int { limit == 0 ? defaultBatch : Int(limit) }
}
