// SPDX-License-Identifier: MIT
import Connect
import ConnectServer
import Foundation
import Locks
import Logging
import NavarchClient
import NavarchWire

/// Stands between real agents and a real replica, and passes every call on; a trap stops one node's agent at one exact step.
///
/// So an agent can be killed between any two steps of a command's life without a test hook in the product.
final class AgentRelay: Sendable {
    /// A place between two steps, seen from the wire.
    enum Point: Sendable, Equatable {
        /// The batch was leased, and not yet given to the agent.
        case leased
        /// The agent has sent its acknowledgement; the replica has not seen it.
        case acknowledging
        /// The replica took the acknowledgement; the agent was not told.
        case acknowledged
        /// The agent has sent progress; the replica has not seen it.
        case progressing
        /// The agent has sent the end; the replica has not seen it.
        case completing
        /// The replica took the end; the agent was not told.
        case completed
    }

    private struct Trap {
        let point: Point
        let spring: @Sendable () async -> Void
    }

    private let client: AgentClient
    private let traps = Mutex<[String: Trap]>([:])
    private let sprung = Mutex<Set<String>>([])

    init(_ client: AgentClient) { self.client = client }

    /// The first call of `node` that gets to `point` runs `spring` and then fails.
    func trap(_ node: String, at point: Point, _ spring: @escaping @Sendable () async -> Void) {
        traps.withLock { $0[node] = Trap(point: point, spring: spring) }
    }

    /// Whether the trap of `node` did its work.
    func hasSprung(_ node: String) -> Bool { sprung.withLock { $0.contains(node) } }

    private func pass(_ node: String, _ point: Point) async throws {
        let trap = traps.withLock { traps in
            guard traps[node]?.point == point else { return nil as Trap? }
            return traps.removeValue(forKey: node)
        }
        guard let trap else { return }
        await trap.spring()
        sprung.withLock { _ = $0.insert(node) }
        throw RPCError(.unavailable, "the agent was stopped here")
    }

    /// Serves for as long as `body` runs, which is given the URL for agents.
    func serve(_ body: @Sendable (String) async throws -> Void) async throws {
        var configuration = ConnectServerConfiguration()
        configuration.eventLoopThreads = 1
        configuration.timers.shutdownGrace = .seconds(1)
        configuration.timers.streamGrace = .milliseconds(100)
        let server = ConnectServer(
            configuration, router: router, interceptors: [],
            logger: Logger(label: "relay", factory: { _ in SwiftLogNoOpLogHandler() }))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            let url = "http://\(try await server.boundAddress)"
            defer { group.cancelAll() }
            try await body(url)
        }
    }

    private var router: RPCRouter {
        var router = RPCRouter()
        let client = client
        router.unary(AgentMethods.registerNode) { request, _ in try await client.registerNode(request) }
        router.unary(AgentMethods.sendHeartbeat) { request, _ in try await client.sendHeartbeat(request) }
        router.unary(AgentMethods.reportHealth) { request, _ in try await client.reportHealth(request) }
        router.unary(AgentMethods.renewCommands) { request, _ in
            try await client.renew(request.leases, of: request.nodeID)
        }
        router.unary(AgentMethods.acknowledgeCommands) { [self] request, _ in
            try await pass(request.nodeID, .acknowledging)
            let answer = try await client.acknowledge(request.leases, of: request.nodeID)
            try await pass(request.nodeID, .acknowledged)
            return answer
        }
        router.unary(AgentMethods.reportProgress) { [self] request, _ in
            try await pass(request.nodeID, .progressing)
            return try await client.reportProgress(request)
        }
        router.unary(AgentMethods.completeCommand) { [self] request, _ in
            try await pass(request.nodeID, .completing)
            try await client.complete(request)
            try await pass(request.nodeID, .completed)
            return Navarch_V1_CompleteCommandResponse()
        }
        router.serverStream(AgentMethods.streamCommands) { [self] request, writer, _ in
            try await writer.sendHeaders()
            try await client.withCommandStream(of: request.nodeID, limit: request.limit) { stream in
                while let batch = try await stream.next() {
                    if !batch.commands.isEmpty { try await pass(request.nodeID, .leased) }
                    try await writer.write(batch)
                }
            }
        }
        return router
    }
}
