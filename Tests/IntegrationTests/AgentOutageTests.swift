// SPDX-License-Identifier: MIT
import Foundation
import NavarchClient
import NavarchTestSupport
import NavarchWire
import Testing

/// Real agents on one host, whose control plane goes away and comes back with an empty database.
@Suite(.serialized) struct AgentOutageTests {
    /// Gap G6: NOT_FOUND makes an agent register again, and its commands arrive as before.
    @Test func agentsRegisterAgainWithAControlPlaneThatForgotEverything() async throws {
        let postgres = try await ThrowawayPostgres.start()
        let before = try await emptyDatabase(postgres)
        let after = try await emptyDatabase(postgres)
        let old = try await TestReplica.start(database: before, arguments: Self.fastPace)
        let agents = try ["host-a", "host-b"].map { try RealAgent($0, url: old.url) }
        let processes = try agents.map { try $0.start() }
        defer { for process in processes { process.signal(SIGKILL) } }
        for process in processes { try await process.line(containing: "\"registered\"") }

        // The lock of a state directory lets one agent in.
        let twin = try agents[0].start()
        #expect(await twin.wait() == .code(1))
        #expect(twin.output.contains { $0.contains("another agent uses this state directory") })

        old.process.signal(SIGKILL)
        _ = await old.process.wait()
        let new = try await TestReplica.start(database: after, port: old.port, arguments: Self.fastPace)
        let rpc = try ClientConfiguration(servers: [new.url], product: "integration-test").makeRPCClient()
        let operators = OperatorClient(rpc)
        for agent in agents {
            // The longest wait between tries is 15 s, and a heartbeat has to be refused first.
            try await eventually(within: .seconds(20), every: .milliseconds(100), "\(agent.node) is known again") {
                try await operators.node(agent.node).status == .active
            }
        }
        try await endCleanly(agents, processes, operators)
        await rpc.shutdown()
        #expect(await new.stop() == .code(0))
        await postgres.remove()
        for agent in agents { try agent.remove() }
    }

    /// SIGTERM ends an agent with code 0, whether something runs or not; what was stopped and must not be repeated is told as failed.
    private func endCleanly(
        _ agents: [RealAgent], _ processes: [ChildProcess], _ operators: OperatorClient
    ) async throws {
        var request = Navarch_V1_IssueCommandRequest()
        request.nodeID = agents[0].node
        request.commandType = .runDiagnostic
        request.parameters = ["test": "slow"]
        let id = try await operators.issue(request).commandID
        try await eventually(within: .seconds(20), "an effect") { agents[0].effects == [id] }
        for process in processes { #expect(await process.end(with: SIGTERM, grace: .seconds(20)) == .code(0)) }
        let ended = try await operators.command(id)
        #expect(ended.state == .failed && ended.result.message == "the agent was stopped while it ran")
        #expect(agents[1].effects == [])
    }

    private static let fastPace = ["--heartbeat-interval", "1s", "--heartbeat-timeout", "30s"]

    private func emptyDatabase(_ postgres: ThrowawayPostgres) async throws -> String {
        let database = postgres.tcpConninfo(database: try await postgres.createDatabaseNamed(prefix: "outage"))
        try await ChildProcess.run(try Programs.path("migrate"), ["up", "--database", database])
        return database
    }
}
