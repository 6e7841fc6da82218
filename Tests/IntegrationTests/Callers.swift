// SPDX-License-Identifier: MIT
import Connect
import ConnectClient
import Logging
import NavarchClient
import NavarchWire

/// Runs `body` with a client of these addresses, and closes its connections.
func withRPC<R: Sendable>(
    _ urls: [String], retry: RPCRetryPolicy = RPCRetryPolicy(), _ body: (RPCClient) async throws -> R
) async throws -> R {
    var configuration = RPCClientConfiguration(baseURLs: urls)
    configuration.retry = retry
    let rpc = try RPCClient(configuration, logger: Logger(label: "calls", factory: { _ in SwiftLogNoOpLogHandler() }))
    do {
        let result = try await body(rpc)
        await rpc.shutdown()
        return result
    } catch {
        await rpc.shutdown()
        throw error
    }
}

extension AgentClient {
    /// Makes a node known whose agent keeps a journal.
    func register(_ node: String) async throws {
        var request = Navarch_V1_RegisterNodeRequest()
        request.nodeID = node
        request.provider = "local"
        request.journalID = "journal-\(node)"
        _ = try await registerNode(request)
    }

    /// Ends a command well.
    func succeed(_ lease: Navarch_V1_LeaseToken, of node: String) async throws(RPCError) {
        var complete = Navarch_V1_CompleteCommandRequest()
        complete.nodeID = node
        complete.lease = lease
        complete.outcome = .succeeded
        complete.result.json = "{}"
        try await self.complete(complete)
    }
}

extension OperatorClient {
    /// Issues a command under a key and returns its id.
    @discardableResult
    func issue(
        _ type: Navarch_V1_NodeCommandType, to node: String, test: String = "", key: String = IdempotencyKey.make()
    ) async throws(RPCError) -> String {
        var request = Navarch_V1_IssueCommandRequest()
        request.nodeID = node
        request.commandType = type
        if !test.isEmpty { request.parameters = ["test": test] }
        request.idempotencyKey = key
        return try await issue(request).commandID
    }
}
