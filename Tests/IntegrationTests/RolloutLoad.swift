// SPDX-License-Identifier: MIT
import Connect
import ConnectClient
import Foundation
import Locks
import NavarchClient
import NavarchTestSupport
import NavarchWire

/// What became of the calls of a load.
final class CallLedger: Sendable {
    struct Figures {
        var calls = 0
        /// Answered with an error the first time, by method and error.
        var retried: [String: Int] = [:]
        /// Answered with an error the second time too.
        var failed: [String] = []
        var issued: Set<String> = []
        var completed: [String: Int] = [:]
        var streams = 0
    }

    private let state = Mutex(Figures())
    var figures: Figures { state.withLock { $0 } }

    func note(_ change: (inout Figures) -> Void) { state.withLock { change(&$0) } }

    /// Makes a call, and once more, at once, when it fails.
    func call<Answer>(_ method: String, _ body: () async throws -> Answer) async throws -> Answer? {
        note { $0.calls += 1 }
        do {
            return try await body()
        } catch let error as RPCError {
            note { $0.retried["\(method): \(error.code) \(error.message)", default: 0] += 1 }
        }
        do {
            return try await body()
        } catch let error as RPCError {
            note { $0.failed.append("\(method): \(error)") }
            return nil
        }
    }
}

/// Agents and operators that never pause, through one balancer. Their client retries nothing: the ledger does, once.
struct RolloutLoad {
    let url: String
    let ledger: CallLedger
    let stopped: @Sendable () -> Bool

    private func withRPC(_ body: (RPCClient) async throws -> Void) async throws {
        var configuration = RPCClientConfiguration(baseURLs: [url])
        configuration.retry = .never
        let rpc = try RPCClient(configuration)
        do {
            try await body(rpc)
        } catch {
            await rpc.shutdown()
            throw error
        }
        await rpc.shutdown()
    }

    /// An agent that polls, every other round with a wait, acknowledges and completes.
    func poll(_ node: String) async throws {
        try await withRPC { rpc in
            let agent = AgentClient(rpc)
            try await register(node, agent)
            var round = 0
            while !stopped() {
                round += 1
                try await heartbeat(node, agent)
                let wait: Duration = round % 2 == 0 ? .milliseconds(500) : .zero
                let batch = try await ledger.call("LeaseCommands") {
                    try await agent.leaseCommands(of: node, wait: wait)
                }
                try await work(batch?.commands ?? [], of: node, agent)
            }
        }
    }

    /// An agent that holds a stream, as the real one does; the stream's end sends it to the next replica.
    func stream(_ node: String) async throws {
        try await withRPC { rpc in
            let agent = AgentClient(rpc)
            try await register(node, agent)
            while !stopped() {
                try await heartbeat(node, agent)
                _ = try await ledger.call("StreamCommands") {
                    ledger.note { $0.streams += 1 }
                    try await agent.withCommandStream(of: node) { stream in
                        for try await message in stream {
                            try await work(message.commands, of: node, agent)
                            if stopped() { break }
                        }
                    }
                }
            }
        }
    }

    /// An operator that issues a command, reads it and lists.
    func operate(nodes: [String], seed: UInt64) async throws {
        try await withRPC { rpc in
            let operators = OperatorClient(rpc)
            var generator = SeededGenerator(seed: seed)
            while !stopped() {
                var issue = Navarch_V1_IssueCommandRequest()
                issue.nodeID = nodes.randomElement(using: &generator) ?? ""
                issue.commandType = .runDiagnostic
                issue.idempotencyKey = IdempotencyKey.make()
                guard let issued = try await ledger.call("IssueCommand", { try await operators.issue(issue) }) else {
                    continue
                }
                ledger.note { $0.issued.insert(issued.commandID) }
                _ = try await ledger.call("GetCommand") { try await operators.command(issued.commandID) }
                _ = try await ledger.call("ListNodes") { try await operators.listNodes(.init()) }
            }
        }
    }

    private func register(_ node: String, _ agent: AgentClient) async throws {
        var request = Navarch_V1_RegisterNodeRequest()
        request.nodeID = node
        request.provider = "local"
        request.journalID = "journal-\(node)"
        _ = try await ledger.call("RegisterNode") { [request] in try await agent.registerNode(request) }
    }

    private func heartbeat(_ node: String, _ agent: AgentClient) async throws {
        var request = Navarch_V1_HeartbeatRequest()
        request.nodeID = node
        _ = try await ledger.call("SendHeartbeat") { [request] in try await agent.sendHeartbeat(request) }
    }

    private func work(_ commands: [Navarch_V1_LeasedCommand], of node: String, _ agent: AgentClient) async throws {
        guard !commands.isEmpty else { return }
        let leases = commands.map(\.lease)
        let accepted = try await ledger.call("AcknowledgeCommands") {
            try await agent.acknowledge(leases, of: node)
        }
        for command in commands where accepted?.accepted.contains(command.commandID) == true {
            var complete = Navarch_V1_CompleteCommandRequest()
            complete.nodeID = node
            complete.lease = command.lease
            complete.outcome = .succeeded
            complete.result.json = "{}"
            let done: Void? = try await ledger.call("CompleteCommand") { [complete] in
                try await agent.complete(complete)
            }
            if done != nil { ledger.note { $0.completed[command.commandID, default: 0] += 1 } }
        }
    }
}
