// SPDX-License-Identifier: MIT

import Connect
import ConnectClient
import ConnectServer
import Locks
import Logging
import NavarchWire
import SwiftProtobuf
import Testing

@testable import NavarchClient

/// What a server was asked, as `Method detail`.
private final class Asked: Sendable {
    private let entries = Mutex<[String]>([])
    func note(_ context: CallContext, _ detail: String) {
        entries.withLock { $0.append("\(context.method) \(detail)") }
    }
    var all: [String] { entries.withLock { $0 } }
}

struct ClientTests {
    @Test
    func everyAgentCallGoesToItsMethodWithItsNode() async throws {
        let asked = Asked()
        var router = RPCRouter()
        router.unary(AgentMethods.registerNode) { request, context in
            asked.note(context, request.nodeID)
            return Navarch_V1_RegisterNodeResponse()
        }
        router.unary(AgentMethods.sendHeartbeat) { request, context in
            asked.note(context, request.nodeID)
            return Navarch_V1_HeartbeatResponse()
        }
        router.unary(AgentMethods.reportHealth) { request, context in
            asked.note(context, request.nodeID)
            return Navarch_V1_ReportHealthResponse()
        }
        router.unary(AgentMethods.leaseCommands) { request, context in
            asked.note(context, "\(request.nodeID) \(request.limit) \(request.wait.seconds)")
            return Navarch_V1_LeaseCommandsResponse()
        }
        router.unary(AgentMethods.acknowledgeCommands) { request, context in
            asked.note(context, "\(request.nodeID) \(request.leases.map(\.commandID))")
            return Navarch_V1_AcknowledgeCommandsResponse()
        }
        router.unary(AgentMethods.renewCommands) { request, context in
            asked.note(context, "\(request.nodeID) \(request.leases.map(\.commandID))")
            return Navarch_V1_RenewCommandsResponse()
        }
        router.unary(AgentMethods.reportProgress) { request, context in
            asked.note(context, request.nodeID)
            return Navarch_V1_ReportProgressResponse()
        }
        router.unary(AgentMethods.completeCommand) { request, context in
            asked.note(context, request.nodeID)
            return Navarch_V1_CompleteCommandResponse()
        }
        router.serverStream(AgentMethods.streamCommands) { request, writer, context in
            asked.note(context, "\(request.nodeID) \(request.limit)")
            var answer = Navarch_V1_StreamCommandsResponse()
            answer.cancelRequested = ["c"]
            try await writer.write(answer)
        }
        try await withClient(of: router) { rpc in
            let client = AgentClient(rpc)
            _ = try await client.registerNode(.with { $0.nodeID = "n" })
            _ = try await client.sendHeartbeat(.with { $0.nodeID = "n" })
            _ = try await client.reportHealth(.with { $0.nodeID = "n" })
            _ = try await client.leaseCommands(of: "n", limit: 3, wait: .seconds(2))
            let lease = Navarch_V1_LeaseToken.with { $0.commandID = "c" }
            _ = try await client.acknowledge([lease], of: "n")
            _ = try await client.renew([lease], of: "n")
            _ = try await client.reportProgress(.with { $0.nodeID = "n" })
            try await client.complete(.with { $0.nodeID = "n" })
            let seen = try await client.withCommandStream(of: "n", limit: 4) { stream in
                try await stream.next()?.cancelRequested
            }
            #expect(seen == ["c"])
        }
        #expect(
            asked.all == [
                "RegisterNode n", "SendHeartbeat n", "ReportHealth n", "LeaseCommands n 3 2",
                "AcknowledgeCommands n [\"c\"]",
                "RenewCommands n [\"c\"]", "ReportProgress n", "CompleteCommand n", "StreamCommands n 4",
            ])
    }

    @Test
    func anIssueWhoseAnswerIsLostIsRepeatedUnderOneKey() async throws {
        let keys = Mutex<[String]>([])
        var router = RPCRouter()
        router.unary(CommandMethods.issueCommand) { request, _ in
            let count = keys.withLock { keys in
                keys.append(request.idempotencyKey)
                return keys.count
            }
            if count == 1 { throw RPCError(.unavailable, "the answer was lost") }
            return .with { $0.commandID = "c" }
        }
        router.unary(CommandMethods.issueCommands) { request, _ in
            keys.withLock { $0.append(request.idempotencyKey) }
            return Navarch_V1_IssueCommandsResponse()
        }
        try await withClient(of: router) { rpc in
            let client = OperatorClient(rpc)
            let answer = try await client.issue(Navarch_V1_IssueCommandRequest())
            #expect(answer.commandID == "c")
            _ = try await client.issue(Navarch_V1_IssueCommandsRequest.with { $0.idempotencyKey = "mine" })
            _ = try await client.issue(Navarch_V1_IssueCommandsRequest())
        }
        let seen = keys.withLock { $0 }
        #expect(seen.count == 4)
        #expect(seen[0] == seen[1])
        #expect(seen[0].count == 32)
        #expect(seen[2] == "mine")
        #expect(seen[3] != seen[0])
    }

    @Test
    func aRefusalIsNotTriedAgain() async throws {
        let asked = Asked()
        var router = RPCRouter()
        router.unary(CommandMethods.listCommands) { _, context in
            asked.note(context, "")
            throw RPCError(.failedPrecondition, "no")
        }
        try await withClient(of: router) { rpc in
            let error = await #expect(throws: RPCError.self) {
                try await OperatorClient(rpc).listCommands(Navarch_V1_ListCommandsRequest())
            }
            #expect(error?.code == .failedPrecondition)
        }
        #expect(asked.all.count == 1)
    }

    /// A client of a server of its own.
    private func withClient(
        of router: RPCRouter, _ body: @Sendable (RPCClient) async throws -> Void
    ) async throws {
        var configuration = ConnectServerConfiguration()
        configuration.eventLoopThreads = 1
        configuration.timers.shutdownGrace = .seconds(2)
        let logger = Logger(label: "client-test", factory: { _ in SwiftLogNoOpLogHandler() })
        let server = ConnectServer(configuration, router: router, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            let address = try await server.boundAddress
            let rpc = try ClientConfiguration(servers: ["\(address)"], token: .literal("t"), product: "test")
                .makeRPCClient()
            do {
                try await body(rpc)
            } catch {
                await rpc.shutdown()
                group.cancelAll()
                throw error
            }
            await rpc.shutdown()
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}
