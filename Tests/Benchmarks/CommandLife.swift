// SPDX-License-Identifier: MIT
import ConnectClient
import NavarchClient
import NavarchStorePostgres
import NavarchTestSupport
import NavarchWire

/// Issue, lease, acknowledge, complete through one replica, against pgbench sending the store's own statements: `command.life`.
struct CommandLife {
    static let nodes = 256
    let options: BenchOptions

    func measure(_ name: String, _ postgres: ThrowawayPostgres) async throws -> Figure {
        try await Stage.with(postgres, nodes: Self.nodes) { stage in
            let reference = PgBench(stage: stage, script: Self.script, synchronous: true)
            var pairs = RatePairs()
            try await stage.withRPC(stage.replicas[0]) { rpc in
                _ = try await live(stage, rpc, seconds: 2)
                for _ in 0..<options.runs {
                    let tps = try await reference.run(seconds: options.seconds)
                    let rate = try await live(stage, rpc, seconds: options.seconds)
                    let milliseconds = Double(Self.nodes) / rate * 1_000
                    pairs.add(reference: tps, ours: rate, p50: milliseconds, p99: .nan)
                }
            }
            var figure = pairs.figure(name, unit: "lives/s", atLeast: 2)
            (figure.p50_ms, figure.p99_ms) = (nil, nil)
            return figure
        }
    }

    /// Lives per second: every node's own chain of calls, one command at a time.
    private func live(_ stage: Stage, _ rpc: RPCClient, seconds: Int) async throws -> Double {
        let lives = Tally()
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for node in stage.nodes {
                group.addTask {
                    while ContinuousClock.now - start < .seconds(seconds) {
                        let count = try await oneLife(of: node, AgentClient(rpc), OperatorClient(rpc))
                        lives.add(count)
                    }
                }
            }
            try await group.waitForAll()
        }
        return Double(lives.value) / ((ContinuousClock.now - start) / .seconds(1))
    }

    private func oneLife(of node: String, _ agent: AgentClient, _ operators: OperatorClient) async throws -> Int {
        var issue = Navarch_V1_IssueCommandRequest()
        issue.nodeID = node
        issue.commandType = .runDiagnostic
        issue.parameters = ["test": "disk"]
        _ = try await operators.issue(issue)
        let commands = try await agent.leaseCommands(of: node).commands
        guard !commands.isEmpty else { return 0 }
        let accepted = try await agent.acknowledge(commands.map(\.lease), of: node).accepted
        guard accepted.count == commands.count else { throw BenchError(description: "a fresh lease was refused") }
        for command in commands {
            var complete = Navarch_V1_CompleteCommandRequest()
            complete.nodeID = node
            complete.lease = command.lease
            complete.outcome = .succeeded
            try await agent.complete(complete)
        }
        return commands.count
    }

    /// The store's statements one by one, each client for nodes of its own, as the gate of C10 wants it.
    private static var script: String {
        let id = "('00000000-0000-4000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid"
        return [
            "\\set n random(1, 281474976710655)",
            "\\set k :client_id + 1",
            bind(
                CommandQueries.insert,
                [
                    "ARRAY[\(id)]", "ARRAY['node-' || :k]", "ARRAY['']", "ARRAY[''::bytea]", "ARRAY[1]",
                    "ARRAY['run_diagnostic']", "ARRAY['queued']", "ARRAY[86400000000]", "ARRAY[600000000]",
                    "ARRAY['bench']",
                    "ARRAY['']", #"ARRAY['{"test": "disk"}']"#,
                ]),
            "BEGIN;",
            bind("\(LeaseQueries.lockNodes)", ["ARRAY[:k::int]"]),
            bind("\(LeaseQueries.lease)", ["16", id, "'30 s'::interval", id]),
            "COMMIT;",
            bind(
                "\(LeaseQueries.acknowledge)",
                ["ARRAY[\(id)]", "ARRAY[1]", "ARRAY[\(id)]", "ARRAY[:k::int]", "'30 s'::interval"]),
            bind(
                "\(LeaseQueries.complete)",
                ["ARRAY[\(id)]", "ARRAY[1]", "ARRAY[\(id)]", "ARRAY[:k::int]", "ARRAY['succeeded']", "ARRAY['{}']"]),
        ].joined(separator: "\n")
    }

    /// The statement with its parameters written in.
    private static func bind(_ statement: String, _ values: [String]) -> String {
        var text = statement.replacing("\n", with: " ")
        // From the last: $11 before $1.
        for (index, value) in values.enumerated().reversed() { text = text.replacing("$\(index + 1)", with: value) }
        return text + ";"
    }
}
