// SPDX-License-Identifier: MIT
import ConnectClient
import Histogram
import Locks
import NavarchClient
import NavarchTestSupport
import NavarchWire

/// When each command was asked for, and how long it took to be in its agent's hands.
private final class Deliveries: Sendable {
    private struct State {
        var asked: [String: ContinuousClock.Instant] = [:]
        var histogram = Histogram<UInt64>(numberOfSignificantValueDigits: .three)
    }

    private let state = Mutex(State())

    /// How many have arrived.
    var arrived: Int { state.withLock { Int($0.histogram.totalCount) } }

    func ask(_ mark: String) { state.withLock { $0.asked[mark] = .now } }

    func arrive(_ mark: String) {
        let now = ContinuousClock.now
        state.withLock { state in
            guard let asked = state.asked.removeValue(forKey: mark) else { return }
            state.histogram.record(UInt64((now - asked) / .microseconds(1)))
        }
    }

    func milliseconds(_ percentile: Double) -> Double {
        state.withLock { Double($0.histogram.valueAtPercentile(percentile)) / 1_000 }
    }
}

/// From an operator's call on one replica to the agent that holds a stream to one of two: `delivery.notify`, `delivery.sweep`.
struct DeliveryFigures {
    static let agents = 1_000
    static let issuesPerSecond = 200
    let options: BenchOptions

    func measure(_ name: String, _ postgres: ThrowawayPostgres) async throws -> Figure {
        let notifies = name == "delivery.notify"
        let arguments = notifies ? [] : ["--no-notify"]
        let seconds = notifies ? options.seconds : max(options.seconds, 8)
        var p50: [Double] = []
        var p99: [Double] = []
        try await Stage.with(postgres, replicas: 2, nodes: Self.agents, arguments: arguments) { stage in
            try await stage.withRPC(stage.replicas[0], connections: 2_000) { first in
                try await stage.withRPC(stage.replicas[1], connections: 2_000) { second in
                    let run = DeliveryRun(stage: stage, clients: [first, second])
                    for turn in 0...options.runs {
                        // The first turn warms up: connections, statements, caches.
                        let deliveries = try await run.go(count: Self.issuesPerSecond * (turn == 0 ? 3 : seconds))
                        guard turn > 0 else { continue }
                        p50.append(deliveries.milliseconds(50))
                        p99.append(deliveries.milliseconds(99))
                    }
                }
            }
        }
        let reached = notifies ? p50.median <= 5 && p99.median <= 25 : p99.median <= 1_500
        return Figure(
            name: name, value: p99.median, unit: "ms", p50_ms: p50.median, p99_ms: p99.median, runs: p99.count,
            spread: p99.spread, goal: notifies ? "p50 ≤ 5 ms, p99 ≤ 25 ms" : "p99 ≤ 1500 ms", reached: reached)
    }
}

/// One turn: the agents connect, the commands are issued at an even pace, all arrive, the agents leave.
private struct DeliveryRun {
    let stage: Stage
    let clients: [RPCClient]

    func go(count: Int) async throws -> Deliveries {
        let deliveries = Deliveries()
        let connected = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, node) in stage.nodes.enumerated() {
                let agent = AgentClient(clients[index % 2])
                group.addTask {
                    try await agent.withCommandStream(of: node) { stream in
                        connected.add(1)
                        for try await message in stream { try await take(message, of: node, agent, deliveries) }
                    }
                }
            }
            try await eventually(within: .seconds(60), "connected agents") {
                connected.value == stage.nodes.count
            }
            try await issue(count, deliveries)
            try await eventually(within: .seconds(30), every: .milliseconds(50), "all commands arrived") {
                deliveries.arrived == count
            }
            group.cancelAll()
            do {
                try await group.waitForAll()
            } catch {
                // The streams were cancelled just now.
            }
        }
        return deliveries
    }

    private func take(
        _ message: Navarch_V1_StreamCommandsResponse, of node: String, _ agent: AgentClient, _ deliveries: Deliveries
    ) async throws {
        guard !message.commands.isEmpty else { return }
        for command in message.commands { deliveries.arrive(command.reason) }
        let accepted = try await agent.acknowledge(message.commands.map(\.lease), of: node).accepted
        for command in message.commands where accepted.contains(command.commandID) {
            var request = Navarch_V1_CompleteCommandRequest()
            request.nodeID = node
            request.lease = command.lease
            request.outcome = .succeeded
            try await agent.complete(request)
        }
    }

    /// Each command at its own time, whatever became of the ones before; alternately through both replicas.
    private func issue(_ count: Int, _ deliveries: Deliveries) async throws {
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                try await ContinuousClock().sleep(
                    until: start + .seconds(1) * number / DeliveryFigures.issuesPerSecond)
                // Neighbours in the agents' order are on different replicas: half of the issues cross over.
                let client = OperatorClient(clients[number / 2 % 2])
                let node = stage.nodes[number % stage.nodes.count]
                group.addTask {
                    var request = Navarch_V1_IssueCommandRequest()
                    request.nodeID = node
                    request.commandType = .runDiagnostic
                    request.parameters = ["test": "disk"]
                    request.reason = "\(number)"
                    deliveries.ask(request.reason)
                    _ = try await client.issue(request)
                }
            }
            try await group.waitForAll()
        }
    }
}
