// SPDX-License-Identifier: MIT

import Connect
import ConnectClient
import NavarchWire

extension OperatorClient {
    /// Issues one command. Answered only once it is committed.
    ///
    /// A request without an idempotency key gets one of its own, so that this call's retries issue one command (C13). When it
    /// throws `.unavailable` or `.deadlineExceeded` nobody can tell whether the command was issued: repeat with the same key.
    public func issue(
        _ request: Navarch_V1_IssueCommandRequest, timeout: Duration? = nil
    ) async throws(RPCError) -> Navarch_V1_IssueCommandResponse {
        var request = request
        if request.idempotencyKey.isEmpty { request.idempotencyKey = IdempotencyKey.make() }
        return try await rpc.unary(CommandMethods.issueCommand.withKey, request, timeout: timeout)
    }

    /// Issues the same command for many nodes, named or selected. Keys as in ``issue(_:timeout:)-1``.
    public func issue(
        _ request: Navarch_V1_IssueCommandsRequest, timeout: Duration? = nil
    ) async throws(RPCError) -> Navarch_V1_IssueCommandsResponse {
        var request = request
        if request.idempotencyKey.isEmpty { request.idempotencyKey = IdempotencyKey.make() }
        return try await rpc.unary(CommandMethods.issueCommands.withKey, request, timeout: timeout)
    }

    /// One page of commands, newest first.
    public func listCommands(
        _ request: Navarch_V1_ListCommandsRequest, timeout: Duration? = nil
    ) async throws(RPCError) -> Navarch_V1_ListCommandsResponse {
        try await rpc.unary(CommandMethods.listCommands, request, timeout: timeout)
    }

    /// One command.
    public func command(_ id: String, timeout: Duration? = nil) async throws(RPCError) -> Navarch_V1_Command {
        var request = Navarch_V1_GetCommandRequest()
        request.commandID = id
        return try await rpc.unary(CommandMethods.getCommand, request, timeout: timeout).command
    }

    /// Follows one command, as it is and then after every change until it is terminal, for as long as `body` reads.
    ///
    /// - Throws: `RPCError` when the stream fails, and what `body` throws.
    public func withCommandWatch<Result>(
        _ id: String, isolation: isolated (any Actor)? = #isolation,
        _ body: (RPCStream<Navarch_V1_WatchCommandResponse>) async throws -> Result
    ) async throws -> Result {
        var request = Navarch_V1_WatchCommandRequest()
        request.commandID = id
        return try await rpc.withServerStream(CommandMethods.watchCommand, request, body)
    }

    /// Cancels a queued or leased command for good; of a running one it asks, and the agent decides the race.
    public func cancel(
        _ id: String, reason: String, timeout: Duration? = nil
    ) async throws(RPCError) -> Navarch_V1_Command {
        var request = Navarch_V1_CancelCommandRequest()
        request.commandID = id
        request.reason = reason
        return try await rpc.unary(CommandMethods.cancelCommand, request, timeout: timeout).command
    }
}
