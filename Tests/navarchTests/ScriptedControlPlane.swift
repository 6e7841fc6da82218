// SPDX-License-Identifier: MIT

import Connect
import ConnectServer
import Foundation
import Locks
import Logging
import NavarchTestSupport
import NavarchWire
import SwiftProtobuf

@testable import navarch

/// A control plane that says what a test tells it to, behind a real socket.
final class ScriptedControlPlane: Sendable {
    struct State {
        var nodes: [Navarch_V1_NodeInfo] = []
        var commands: [Navarch_V1_Command] = []
        var instances: [Navarch_V1_InstanceInfo] = []
        var replicas = Navarch_V1_ListReplicasResponse()
        /// What calls of a method fail with, one after another.
        var failures: [String: [RPCError]] = [:]
        /// What a watched or polled command becomes, step by step.
        var steps: [Navarch_V1_Command] = []
        /// Whether a watch stays open after its last step.
        var holdsWatches = false
        /// What each opened node watch sends before it ends.
        var changes: [[Navarch_V1_WatchNodesResponse]] = []
        var issued: [Navarch_V1_IssueCommandRequest] = []
        var issuedToMany: [Navarch_V1_IssueCommandsRequest] = []
        var listed: [Navarch_V1_ListNodesRequest] = []
        var watched: [Navarch_V1_WatchNodesRequest] = []
        var listedCommands: [Navarch_V1_ListCommandsRequest] = []
        var bulkFailures: [Navarch_V1_IssueFailure] = []
        var authorizations: [String] = []
        var reasons: [String] = []
        var actors: [String?] = []
    }

    let state = Mutex(State())

    /// Changes what it says.
    func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

    /// What it knows and was asked.
    var now: State { state.withLock { $0 } }

    private func begin(_ context: CallContext) throws {
        let failure = state.withLock { state in
            state.authorizations.append(context.requestHeader("authorization") ?? "")
            state.actors.append(context.requestHeader("x-navarch-actor"))
            return state.failures[context.method]?.isEmpty == false
                ? state.failures[context.method]?.removeFirst() : nil
        }
        if let failure { throw failure }
    }

    /// Its methods.
    func router() -> RPCRouter {
        var router = RPCRouter()
        nodes(&router)
        commands(&router)
        router.unary(InstanceMethods.listInstances) { _, context in
            try self.begin(context)
            var answer = Navarch_V1_ListInstancesResponse()
            answer.instances = self.now.instances
            return answer
        }
        router.unary(InstanceMethods.getInstance) { request, context in
            try self.begin(context)
            guard let instance = self.now.instances.first(where: { $0.instanceID == request.instanceID }) else {
                throw RPCError(.notFound, "instance not found: \(request.instanceID)")
            }
            var answer = Navarch_V1_GetInstanceResponse()
            answer.instance = instance
            return answer
        }
        router.unary(ReplicaMethods.listReplicas) { _, context in
            try self.begin(context)
            return self.now.replicas
        }
        return router
    }

    private func nodes(_ router: inout RPCRouter) {
        router.unary(NodeMethods.listNodes) { request, context in
            try self.begin(context)
            self.set { $0.listed.append(request) }
            let size = request.pageSize == 0 ? 100 : Int(request.pageSize)
            let start = Int(request.pageToken) ?? 0
            let nodes = self.now.nodes
            var answer = Navarch_V1_ListNodesResponse()
            answer.nodes = Array(nodes.dropFirst(start).prefix(size))
            if start + size < nodes.count { answer.nextPageToken = "\(start + size)" }
            return answer
        }
        router.unary(NodeMethods.getNode) { request, context in
            try self.begin(context)
            guard let node = self.now.nodes.first(where: { $0.nodeID == request.nodeID }) else {
                throw RPCError(.notFound, "node not found: \(request.nodeID)")
            }
            var answer = Navarch_V1_GetNodeResponse()
            answer.node = node
            return answer
        }
        router.serverStream(NodeMethods.watchNodes) { request, writer, context in
            try self.begin(context)
            let changes = self.state.withLock { state in
                state.watched.append(request)
                return state.changes.isEmpty ? nil : state.changes.removeFirst()
            }
            for change in changes ?? [] { try await writer.write(change) }
            if changes == nil { await context.drain.started() }
        }
    }

    private func commands(_ router: inout RPCRouter) {
        router.unary(CommandMethods.issueCommand) { request, context in
            self.set { $0.issued.append(request) }
            try self.begin(context)
            let command = self.issue(request.nodeID, request.commandType, request.reason)
            var answer = Navarch_V1_IssueCommandResponse()
            answer.commandID = command.commandID
            answer.command = command
            return answer
        }
        router.unary(CommandMethods.issueCommands) { request, context in
            self.set { $0.issuedToMany.append(request) }
            try self.begin(context)
            let failures = self.now.bulkFailures
            let ids = request.nodeIds.isEmpty ? self.now.nodes.map(\.nodeID) : request.nodeIds
            var answer = Navarch_V1_IssueCommandsResponse()
            answer.failures = failures
            answer.commands = ids.filter { id in !failures.contains { $0.nodeID == id } }
                .map { self.issue($0, request.commandType, request.reason) }
            return answer
        }
        router.unary(CommandMethods.listCommands) { request, context in
            try self.begin(context)
            self.set { $0.listedCommands.append(request) }
            var answer = Navarch_V1_ListCommandsResponse()
            answer.commands = self.now.commands
            if request.pageToken.isEmpty, self.now.commands.count > 1 { answer.nextPageToken = "more" }
            return answer
        }
        router.unary(CommandMethods.getCommand) { request, context in
            try self.begin(context)
            var answer = Navarch_V1_GetCommandResponse()
            answer.command = try self.step(request.commandID)
            return answer
        }
        router.unary(CommandMethods.cancelCommand) { request, context in
            try self.begin(context)
            self.set { $0.reasons.append(request.reason) }
            var answer = Navarch_V1_CancelCommandResponse()
            answer.command = try self.step(request.commandID)
            return answer
        }
        router.serverStream(CommandMethods.watchCommand) { request, writer, context in
            try self.begin(context)
            var answer = Navarch_V1_WatchCommandResponse()
            repeat {
                answer.command = try self.step(request.commandID)
                try await writer.write(answer)
            } while !answer.command.state.isTerminal && !self.now.steps.isEmpty
            if self.now.holdsWatches { await context.drain.started() }
        }
    }

    private func issue(
        _ nodeID: String, _ type: Navarch_V1_NodeCommandType, _ reason: String
    ) -> Navarch_V1_Command {
        state.withLock { state in
            var command = Navarch_V1_Command()
            command.commandID = "c-\(state.commands.count + 1)"
            command.nodeID = nodeID
            command.type = type
            command.state = .queued
            command.reason = reason
            command.issuedAt.seconds = Fixed.now - 5
            state.commands.append(command)
            return command
        }
    }

    /// The command after its next step.
    private func step(_ id: String) throws -> Navarch_V1_Command {
        try state.withLock { state in
            guard let index = state.commands.firstIndex(where: { $0.commandID == id }) else {
                throw RPCError(.notFound, "command not found: \(id)")
            }
            if !state.steps.isEmpty {
                var next = state.steps.removeFirst()
                next.commandID = id
                next.nodeID = state.commands[index].nodeID
                next.type = state.commands[index].type
                state.commands[index] = next
            }
            return state.commands[index]
        }
    }
}

/// The moment at which every test of the CLI happens.
enum Fixed {
    static let now: Int64 = 1_800_000_000
}

/// The statuses of the CLI: the testing library has a type of the same name.
typealias Status = navarch.ExitStatus

/// What one run of the CLI did.
struct Outcome: Sendable {
    var status: Status
    var out: String
    var err: String
}

/// The CLI against a scripted control plane.
struct CLIBench: Sendable {
    let plane: ScriptedControlPlane
    let address: String

    /// Runs the CLI with `arguments`.
    ///
    /// - Parameters:
    ///   - answer: What the user says when asked; nil: nobody is there.
    ///   - interruptions: Ctrl-C.
    func callAsFunction(
        _ arguments: String..., variables: [String: String] = [:], answer: String? = nil,
        interruptions: AsyncStream<Void>? = nil
    ) async -> Outcome {
        let written = Mutex((out: "", err: ""))
        let terminal = Terminal(
            out: { text in written.withLock { $0.out += text } }, err: { text in written.withLock { $0.err += text } },
            ask: { question in
                written.withLock { $0.err += question + "\n" }
                return answer
            })
        let (silence, keeper) = AsyncStream<Void>.makeStream()
        let shell = Shell(
            variables: ["NAVARCH_SERVER": address].merging(variables) { $1 }, terminal: terminal,
            interruptions: { interruptions ?? silence }, identity: "tester@bench",
            now: { Date(timeIntervalSince1970: Double(Fixed.now)) })
        let status = await CLI.run(arguments, in: shell)
        keeper.finish()
        return written.withLock { Outcome(status: status, out: $0.out, err: $0.err) }
    }
}

/// Runs `body` with a control plane of its own.
func withScriptedControlPlane<R: Sendable>(_ body: @Sendable (CLIBench) async throws -> R) async throws -> R {
    let plane = ScriptedControlPlane()
    var configuration = ConnectServerConfiguration()
    configuration.eventLoopThreads = 1
    configuration.timers.shutdownGrace = .seconds(2)
    var logger = Logger(label: "cli-test")
    logger.logLevel = .critical
    let server = ConnectServer(configuration, router: plane.router(), logger: logger)
    return try await withThrowingTaskGroup(of: R?.self) { group in
        group.addTask {
            try await server.run()
            return nil
        }
        let address = try await server.boundAddress
        do {
            let result = try await body(CLIBench(plane: plane, address: "http://\(address)"))
            group.cancelAll()
            try await group.waitForAll()
            return result
        } catch {
            group.cancelAll()
            throw error
        }
    }
}

/// A node as most of the fleet is.
func node(
    _ id: String, status: Navarch_V1_NodeStatus = .active, age: Int64 = 5, reachable: Bool = true
) -> Navarch_V1_NodeInfo {
    var node = Navarch_V1_NodeInfo()
    node.nodeID = id
    node.provider = "gcp"
    node.region = "eu-1"
    node.zone = "eu-1a"
    node.instanceType = "a3-high"
    node.status = status
    node.healthStatus = .healthy
    node.lastHeartbeat.seconds = Fixed.now - age
    node.reachable = reachable
    node.gpus = [Navarch_V1_GPUInfo()]
    return node
}

/// A command in `state`, as a step of its life.
func step(_ state: Navarch_V1_CommandState, percent: Double? = nil, message: String = "", json: String = "")
    -> Navarch_V1_Command
{
    var command = Navarch_V1_Command()
    command.state = state
    command.issuedAt.seconds = Fixed.now - 5
    if let percent { command.progress.percent = percent }
    if !message.isEmpty || !json.isEmpty {
        command.result.message = message
        command.result.json = json
        command.startedAt.seconds = Fixed.now - 4
        command.finishedAt.seconds = Fixed.now - 1
    }
    return command
}
