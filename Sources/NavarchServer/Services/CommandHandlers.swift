// SPDX-License-Identifier: MIT
import Connect
import ConnectServer
import NavarchControl
import NavarchModel
import NavarchStore
import NavarchWire
import SwiftProtobuf

/// `navarch.v1.CommandService`.
struct CommandHandlers: Sendable {
    let control: ControlPlane
    let handling: Handling

    func add(to router: inout RPCRouter) {
        handling.unary(&router, CommandMethods.issueCommand) { request, context in try await issue(request, context) }
        handling.unary(&router, CommandMethods.issueCommands) { request, context in
            try await issueMany(request, context)
        }
        handling.unary(&router, CommandMethods.listCommands) { request, context in try await list(request, context) }
        handling.unary(&router, CommandMethods.getCommand) { request, _ in
            let command = try await control.commands.command(Self.id(request.commandID))
            return .with { $0.command = Navarch_V1_Command(command) }
        }
        handling.stream(&router, CommandMethods.watchCommand, watch)
        handling.unary(&router, CommandMethods.cancelCommand) { request, context in try await cancel(request, context) }
    }

    private func issue(
        _ request: Navarch_V1_IssueCommandRequest, _ context: CallContext
    ) async throws -> Navarch_V1_IssueCommandResponse {
        let asked = CommandRequest(
            type: Self.type(request.commandType), parameters: request.parameters,
            reason: Self.reason(request.reason, request.parameters), issuedBy: try Caller.actor(of: context),
            idempotencyKey: request.idempotencyKey, ttl: request.hasTtl ? request.ttl : nil,
            runTimeout: request.hasRunTimeout ? request.runTimeout : nil)
        let outcome = try await control.commands.issue(asked, for: NodeID(request.nodeID))
        return .with {
            $0.commandID = outcome.command.id.description
            $0.issuedAt = .init(outcome.command.issuedAt)
            $0.command = Navarch_V1_Command(outcome.command)
        }
    }

    private func issueMany(
        _ request: Navarch_V1_IssueCommandsRequest, _ context: CallContext
    ) async throws -> Navarch_V1_IssueCommandsResponse {
        let asked = CommandRequest(
            type: Self.type(request.commandType), parameters: request.parameters,
            reason: Self.reason(request.reason, request.parameters), issuedBy: try Caller.actor(of: context),
            idempotencyKey: request.idempotencyKey, ttl: request.hasTtl ? request.ttl : nil,
            runTimeout: request.hasRunTimeout ? request.runTimeout : nil)
        let most = request.maxNodes == 0 ? CommandOperations.bulkLimit : Int(request.maxNodes)
        let outcomes: [BulkIssue]
        if let selector = NodeHandlers.selector(request.labelSelector) {
            outcomes = try await control.commands.issue(asked, selecting: selector, atMost: most)
        } else {
            guard request.nodeIds.count <= most else {
                throw RPCError(
                    .failedPrecondition, "node_ids names more than max_nodes (\(most)) nodes; nothing was issued")
            }
            outcomes = try await control.commands.issue(asked, forEach: request.nodeIds.map(NodeID.init))
        }
        return Self.response(outcomes)
    }

    private static func response(_ outcomes: [BulkIssue]) -> Navarch_V1_IssueCommandsResponse {
        var response = Navarch_V1_IssueCommandsResponse()
        for outcome in outcomes {
            switch outcome {
            case .issued(_, let issued): response.commands.append(Navarch_V1_Command(issued.command))
            case .failed(let node, let code, let message):
                response.failures.append(
                    .with {
                        $0.nodeID = node.rawValue
                        $0.code = code.connectCode.name
                        $0.message = message
                    })
            }
        }
        return response
    }

    private func list(
        _ request: Navarch_V1_ListCommandsRequest, _ context: CallContext
    ) async throws -> Navarch_V1_ListCommandsResponse {
        var filter = CommandFilter()
        filter.nodeID = request.nodeID.isEmpty ? nil : NodeID(request.nodeID)
        filter.state = CommandState(request.state)
        filter.type = CommandType(request.commandType)
        let (only, limit) = (filter, PageSize.rows(request.pageSize))
        let page = try await PageSize.reading(over: context) { () async throws(StoreError) in
            try await control.commands.commands(only, limit: limit, after: PageSize.token(request.pageToken))
        }
        return .with {
            $0.commands = page.elements.map(Navarch_V1_Command.init)
            $0.nextPageToken = page.next ?? ""
        }
    }

    private func watch(
        _ request: Navarch_V1_WatchCommandRequest, _ writer: RPCWriter<Navarch_V1_WatchCommandResponse>,
        _ context: CallContext
    ) async throws {
        var isOver = false
        try await control.commands.watch(Self.id(request.commandID)) { command in
            isOver = command.state.isTerminal
            try await writer.write(.with { $0.command = Navarch_V1_Command(command) })
        }
        try Task.checkCancellation()
        if !isOver { throw RPCError.goElsewhere }
    }

    private func cancel(
        _ request: Navarch_V1_CancelCommandRequest, _ context: CallContext
    ) async throws -> Navarch_V1_CancelCommandResponse {
        let outcome = try await control.commands.cancel(
            Self.id(request.commandID), by: try Caller.actor(of: context), reason: request.reason)
        switch outcome {
        case .cancelled(let command), .requested(let command): return .with { $0.command = Navarch_V1_Command(command) }
        }
    }

    private static func id(_ text: String) -> CommandID {
        guard let id = CommandID(text) else { preconditionFailure("the table requires a UUID, not \(text)") }
        return id
    }

    private static func type(_ wire: Navarch_V1_NodeCommandType) -> CommandType {
        guard let type = CommandType(wire) else { preconditionFailure("the table requires a type, not \(wire)") }
        return type
    }

    /// The original's clients give the reason as a parameter.
    static func reason(_ reason: String, _ parameters: [String: String]) -> String {
        reason.isEmpty ? parameters["reason"] ?? "" : reason
    }
}

extension CommandRequest {
    /// A request with the times that were given; the others are the model's.
    fileprivate init(
        type: CommandType, parameters: [String: String], reason: String, issuedBy: String, idempotencyKey: String,
        ttl: Google_Protobuf_Duration?, runTimeout: Google_Protobuf_Duration?
    ) {
        self.init(
            type: type, parameters: parameters, reason: reason, issuedBy: issuedBy, idempotencyKey: idempotencyKey,
            runTimeout: runTimeout.map { Duration($0) })
        if let ttl { timeToLive = Duration(ttl) }
    }
}
