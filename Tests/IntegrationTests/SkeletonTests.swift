// SPDX-License-Identifier: MIT
import Connect
import Foundation
import NavarchClient
import NavarchTestSupport
import NavarchWire
import Testing

/// Two real replicas over a real PostgreSQL of their own.
private func withTwoReplicas(
    arguments: [String] = [],
    _ body: (_ first: TestReplica, _ second: TestReplica, _ postgres: ThrowawayPostgres) async throws -> Void
) async throws {
    let postgres = try await ThrowawayPostgres.start()
    let name = try await postgres.createDatabaseNamed(prefix: "spine")
    let database = postgres.tcpConninfo(database: name)
    try await ChildProcess.run(try Programs.path("migrate"), ["up", "--database", database])
    let first = try await TestReplica.start(database: database, arguments: arguments)
    let second = try await TestReplica.start(database: database, arguments: arguments)
    do {
        try await body(first, second, postgres)
    } catch {
        let logs = (first.process.output.suffix(15) + second.process.output.suffix(15)).joined(separator: "\n")
        Issue.record("the replicas' logs end with:\n\(logs)")
        await first.stop()
        await second.stop()
        await postgres.remove()
        throw error
    }
    for replica in [first, second] where replica.process.isRunning { #expect(await replica.stop() == .code(0)) }
    await postgres.remove()
}

private func withClients(
    _ replica: TestReplica, _ body: (AgentClient, OperatorClient) async throws -> Void
) async throws {
    let rpc = try ClientConfiguration(servers: [replica.url], product: "integration-test").makeRPCClient()
    do {
        try await body(AgentClient(rpc), OperatorClient(rpc))
    } catch {
        await rpc.shutdown()
        throw error
    }
    await rpc.shutdown()
}

private func register(_ id: String, _ agent: AgentClient) async throws {
    var request = Navarch_V1_RegisterNodeRequest()
    request.nodeID = id
    request.provider = "local"
    request.journalID = "journal-\(id)"
    _ = try await agent.registerNode(request)
}

@Suite(.serialized) struct Skeleton {
    /// Register, heartbeat, issue, lease, acknowledge, complete: each call to the other replica.
    @Test func aCommandIssuedOnOneReplicaIsLeasedAndEndedOnTheOther() async throws {
        try await withTwoReplicas { first, second, _ in
            try await withClients(first) { agentA, operatorA in
                try await withClients(second) { agentB, operatorB in
                    try await register("n1", agentA)
                    var heartbeat = Navarch_V1_HeartbeatRequest()
                    heartbeat.nodeID = "n1"
                    #expect(try await agentB.sendHeartbeat(heartbeat).nextHeartbeat.seconds > 0)

                    var issue = Navarch_V1_IssueCommandRequest()
                    issue.nodeID = "n1"
                    issue.commandType = .runDiagnostic
                    issue.parameters = ["test": "disk"]
                    issue.idempotencyKey = "once"
                    let issued = try await operatorB.issue(issue)
                    #expect(try await operatorA.issue(issue).commandID == issued.commandID)  // C13

                    let batch = try await agentA.leaseCommands(of: "n1", wait: .seconds(5))
                    #expect(batch.commands.map(\.commandID) == [issued.commandID])
                    let lease = try #require(batch.commands.first?.lease)
                    #expect(lease.attempt == 1)
                    #expect(try await agentB.leaseCommands(of: "n1").commands.isEmpty)  // C10: one batch on its way

                    #expect(try await agentB.acknowledge([lease], of: "n1").accepted == [issued.commandID])
                    var complete = Navarch_V1_CompleteCommandRequest()
                    complete.nodeID = "n1"
                    complete.lease = lease
                    complete.outcome = .succeeded
                    complete.result.json = #"{"ok":true}"#
                    try await agentA.complete(complete)
                    try await agentB.complete(complete)  // a repeat is allowed (C9)

                    let ended = try await operatorB.command(issued.commandID)
                    #expect(ended.state == .succeeded)
                    #expect(ended.result.json == #"{"ok":true}"#)
                }
            }
        }
    }

    /// A stream on one replica hears at once of what another replica committed (C1, C3).
    @Test func aStreamHearsOfACommandThatAnotherReplicaTook() async throws {
        try await withTwoReplicas { first, second, _ in
            try await withClients(first) { agent, _ in
                try await withClients(second) { _, operators in
                    try await register("n1", agent)
                    try await agent.withCommandStream(of: "n1") { stream in
                        var issue = Navarch_V1_IssueCommandRequest()
                        issue.nodeID = "n1"
                        issue.commandType = .runDiagnostic
                        let issued = try await operators.issue(issue)
                        for try await message in stream where !message.commands.isEmpty {
                            #expect(message.commands.map(\.commandID) == [issued.commandID])
                            break
                        }
                    }
                }
            }
        }
    }

    @Test func anUnknownNodeIsNotFoundAndAKilledReplicaLosesNothing() async throws {
        try await withTwoReplicas { first, second, _ in
            try await withClients(second) { agent, operators in
                var heartbeat = Navarch_V1_HeartbeatRequest()
                heartbeat.nodeID = "never"
                let error = await #expect(throws: RPCError.self) { try await agent.sendHeartbeat(heartbeat) }
                #expect(error?.code == .notFound)

                try await register("n1", agent)
                var issue = Navarch_V1_IssueCommandRequest()
                issue.nodeID = "n1"
                issue.commandType = .cordon
                issue.reason = "test"
                try await withClients(first) { _, other in _ = try await other.issue(issue) }
                first.process.signal(SIGKILL)
                #expect(try await operators.node("n1").status == .cordoned)
                _ = await first.process.wait()
            }
        }
    }
}
