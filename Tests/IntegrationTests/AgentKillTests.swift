// SPDX-License-Identifier: MIT
import Connect
import Foundation
import NavarchClient
import NavarchTestSupport
import NavarchWire
import Testing

/// A real agent, a real replica and a real PostgreSQL; the agent is killed at each step of a command's life and started again.
@Suite(.serialized) struct AgentKillTests {
    /// Where the agent is killed.
    enum Step: String, CaseIterable, Sendable {
        case batchLeased, received, acknowledged, started, progress, finished, completeTaken, completeAnswered
        case drainStarted

        var point: AgentRelay.Point? {
            switch self {
            case .batchLeased: .leased
            case .received: .acknowledging
            case .acknowledged: .acknowledged
            case .progress: .progressing
            case .finished: .completing
            case .completeTaken: .completed
            case .started, .drainStarted, .completeAnswered: nil
            }
        }

        /// A program that is killed in the middle has to last.
        var program: String {
            switch self {
            case .started, .progress, .drainStarted: "slow"
            case .batchLeased, .received, .acknowledged, .finished, .completeTaken, .completeAnswered: "quick"
            }
        }

        /// C12: `once` is at most once, and unknown when it was interrupted; a drain is repeatable, and runs again.
        var expected: (state: Navarch_V1_CommandState, effects: Int, attempt: Int32) {
            switch self {
            case .batchLeased: (.succeeded, 1, 2)  // nobody took it: given back, or lapsed, it is handed out again
            case .received, .acknowledged, .finished, .completeTaken, .completeAnswered: (.succeeded, 1, 1)
            case .started, .progress: (.outcomeUnknown, 1, 1)
            case .drainStarted: (.succeeded, 2, 1)
            }
        }
    }

    /// C12, for every step at once, each on a node of its own.
    @Test func anAgentKilledAtAnyStepKeepsWhatTheRulesPromise() async throws {
        try await withRelay { relay, url, operators in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for step in Step.allCases {
                    group.addTask {
                        do { try await Self.killed(at: step, relay, url, operators) } catch {
                            Issue.record("killed at \(step): \(error)")
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    private static func killed(
        at step: Step, _ relay: AgentRelay, _ url: String, _ operators: OperatorClient
    ) async throws {
        let agent = try RealAgent("node-\(step.rawValue)", url: url)
        let first = try agent.start()
        defer { first.signal(SIGKILL) }
        try await first.line(containing: "\"registered\"")
        if let point = step.point {
            relay.trap(agent.node, at: point) { _ = await first.end(with: SIGKILL) }
        }
        let id = try await issue(step, agent.node, operators)
        switch step {
        case .started, .drainStarted:
            try await eventually(within: .seconds(30), "an effect") { agent.effects == [id] }
            first.signal(SIGKILL)
        case .completeAnswered:
            try await first.line(containing: "\"completed\"", within: .seconds(30))
            first.signal(SIGKILL)
        case .batchLeased, .received, .acknowledged, .progress, .finished, .completeTaken:
            try await eventually(within: .seconds(30), "the agent at \(step)") { relay.hasSprung(agent.node) }
        }
        #expect(await first.wait() == .signal(SIGKILL), "\(step)")
        if step == .batchLeased || step == .received || step == .acknowledged { #expect(agent.effects == []) }

        let second = try agent.start()
        defer { second.signal(SIGKILL) }
        // A lease that lapses is handed out again after 30 s; everything else is a matter of seconds.
        try await eventually(within: .seconds(60), every: .milliseconds(100), "an end of \(step)") {
            try await operators.command(id).state.isOver
        }
        let ended = try await operators.command(id)
        #expect(ended.state == step.expected.state, "\(step): \(ended.result.message)")
        #expect(ended.attempt == step.expected.attempt, "\(step)")
        // A later command shows that the lane is free, and that what is over is not started once more before it.
        let next = try await issue(.completeAnswered, agent.node, operators)
        try await eventually(within: .seconds(30), every: .milliseconds(50), "the next command after \(step)") {
            try await operators.command(next).state == .succeeded
        }
        #expect(agent.effects.filter { $0 == id }.count == step.expected.effects, "\(step): \(agent.effects)")
        #expect(await second.end(with: SIGTERM, grace: .seconds(20)) == .code(0), "\(step)")
        try agent.remove()
    }

    private static func issue(_ step: Step, _ node: String, _ operators: OperatorClient) async throws -> String {
        var request = Navarch_V1_IssueCommandRequest()
        request.nodeID = node
        request.commandType = step == .drainStarted ? .drain : .runDiagnostic
        if step != .drainStarted { request.parameters = ["test": step.program] }
        request.reason = "to be interrupted"
        return try await operators.issue(request).commandID
    }
}

extension Navarch_V1_CommandState {
    /// Whether it never changes again (C9).
    var isOver: Bool {
        switch self {
        case .unspecified, .queued, .leased, .running, .UNRECOGNIZED: false
        case .succeeded, .failed, .outcomeUnknown, .cancelled, .expired, .undeliverable: true
        }
    }
}

/// A replica over a database of its own, and a relay before it.
func withRelay(
    _ body: @Sendable (_ relay: AgentRelay, _ url: String, _ operators: OperatorClient) async throws -> Void
) async throws {
    let postgres = try await ThrowawayPostgres.start()
    let database = postgres.tcpConninfo(database: try await postgres.createDatabaseNamed(prefix: "agent"))
    try await ChildProcess.run(try Programs.path("migrate"), ["up", "--database", database])
    let replica = try await TestReplica.start(database: database)
    let rpc = try ClientConfiguration(servers: [replica.url], product: "integration-test").makeRPCClient()
    let relay = AgentRelay(AgentClient(rpc))
    do {
        try await relay.serve { url in try await body(relay, url, OperatorClient(rpc)) }
    } catch {
        Issue.record("\(error); the replica's log ends with:\n\(replica.process.output.suffix(15))")
    }
    await rpc.shutdown()
    #expect(await replica.stop() == .code(0))
    await postgres.remove()
}
