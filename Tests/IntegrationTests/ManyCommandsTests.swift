// SPDX-License-Identifier: MIT
import Connect
import Foundation
import Logging
import NavarchClient
import NavarchTestSupport
import NavarchWire
import Postgres
import Testing

/// A thousand commands for one node and a thousand over a hundred, each node polled through two replicas at once (C10, C11).
@Suite(.serialized) struct ManyCommandsTests {
    private static let lone = "lone"
    private static let many = (0..<100).map { "node-\($0)" }
    /// Pollers of each replica for the lone node; each of the others has one of each.
    private static let pollersForOne = 3

    @Test(.timeLimit(.minutes(2)))
    func orderAndAttemptsHoldThroughTwoReplicasAtOnce() async throws {
        let postgres = try await ThrowawayPostgres.shared
        let database = postgres.tcpConninfo(database: try await postgres.createDatabaseNamed(prefix: "many"))
        try await ChildProcess.run(try Programs.path("migrate"), ["up", "--database", database])
        let replicas = [
            try await TestReplica.start(database: database), try await TestReplica.start(database: database),
        ]
        let ledger = DeliveryLedger()
        let start = ContinuousClock.now
        do {
            try await run(replicas.map(\.url), ledger)
        } catch {
            Issue.record("\(error)\n\(replicas.flatMap { $0.process.output.suffix(15) }.joined(separator: "\n"))")
        }
        print(
            "many commands: 2,000 through two replicas in \(ContinuousClock.now - start), \(ledger.lost.count) lost once"
        )
        #expect(ledger.mistakes == [])
        #expect(ledger.outOfOrder == [])
        #expect(ledger.issued == 2_000)
        #expect(ledger.lost.count > 10)
        for (id, attempts) in ledger.attempts {
            #expect(attempts == (ledger.lost[id] == nil ? [1] : [1, 2]), "\(id)")
        }
        try await expectEnds(database, ledger)
        for replica in replicas { #expect(await replica.stop() == .code(0)) }
    }

    /// Every row ended well, by the attempt that was handed out last.
    private func expectEnds(_ database: String, _ ledger: DeliveryLedger) async throws {
        let rows = try await ask(database, "SELECT id::text, state::text, attempt FROM command")
        #expect(rows.count == 2_000)
        for row in rows {
            let (id, state, attempt) = (try row.decode(0, as: String.self), try row.decode(1, as: String.self), row)
            #expect(state == "succeeded")
            #expect(try attempt.decode(2, as: Int32.self) == (ledger.lost[id] == nil ? 1 : 2))
        }
    }

    private func run(_ urls: [String], _ ledger: DeliveryLedger) async throws {
        try await withRPC([urls[0]]) { first in
            try await withRPC([urls[1]]) { second in
                let agents = [AgentClient(first), AgentClient(second)]
                let operators = [OperatorClient(first), OperatorClient(second)]
                try await agents[0].register(Self.lone)
                for (number, node) in Self.many.enumerated() { try await agents[number % 2].register(node) }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for issuer in 0..<4 {
                        group.addTask { try await issue(250, of: issuer, for: [Self.lone], operators, ledger) }
                        let mine = Array(Self.many[(issuer * 25)..<(issuer * 25 + 25)])
                        group.addTask { try await issue(250, of: issuer, for: mine, operators, ledger) }
                    }
                    for agent in agents {
                        for _ in 0..<Self.pollersForOne {
                            group.addTask { try await Poller(node: Self.lone, agent: agent, ledger: ledger).run(1_000) }
                        }
                        for node in Self.many {
                            group.addTask { try await Poller(node: node, agent: agent, ledger: ledger).run(10) }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    /// Each next command is asked for when the one before was answered, on either replica by turns.
    private func issue(
        _ count: Int, of issuer: Int, for nodes: [String], _ operators: [OperatorClient], _ ledger: DeliveryLedger
    ) async throws {
        for number in 0..<count {
            let asked = ledger.asks()
            let id = try await operators[(issuer + number) % 2].issue(.runDiagnostic, to: nodes[number % nodes.count])
            ledger.answered(id, asked: asked)
        }
    }
}

/// One of the several that poll for a node; some batches it loses, as an agent does that dies between lease and acknowledgement.
private struct Poller {
    let node: String
    let agent: AgentClient
    let ledger: DeliveryLedger

    func run(_ commands: Int) async throws {
        while ledger.completed(node) < commands {
            let batch = try await agent.leaseCommands(of: node, wait: .milliseconds(300)).commands
            guard !batch.isEmpty else { continue }
            if loses(ledger.arrived(batch, at: node)) {
                ledger.lost(batch)
                continue
            }
            try await refused(batch, isRunning: false)
            ledger.acknowledges(node)
            let accepted = try await agent.acknowledge(batch.map(\.lease), of: node).accepted
            #expect(Set(accepted) == Set(batch.map(\.commandID)))
            try await refused(batch, isRunning: true)
            for command in batch {
                try await agent.succeed(command.lease, of: node)
                ledger.completed(at: node)
            }
        }
    }

    /// The lone node's 20th batch, and the first of every tenth of the others.
    private func loses(_ batch: Int) -> Bool { node == "lone" ? batch == 20 : node.hasSuffix("0") && batch == 0 }

    /// C11: the lease of an earlier attempt has no say any more, neither before the new one is acknowledged nor after.
    private func refused(_ batch: [Navarch_V1_LeasedCommand], isRunning: Bool) async throws {
        let lost = ledger.lost
        for old in batch.compactMap({ lost[$0.commandID] }) {
            var progress = Navarch_V1_ReportProgressRequest()
            progress.nodeID = node
            progress.lease = old
            progress.progress.percent = 50
            let codes = [
                await code { _ = try await agent.acknowledge([old], of: node) },
                await code { try await agent.succeed(old, of: node) },
                await code { _ = try await agent.reportProgress(progress) },
            ]
            #expect(codes == Array(repeating: .failedPrecondition, count: 3), "running: \(isRunning)")
            let refused = try await agent.renew([old], of: node).refused
            #expect(refused == [old.commandID])
        }
    }
}

/// The code of the error that `body` throws; nil when it throws none.
func code(of body: () async throws -> Void) async -> RPCCode? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? RPCError)?.code ?? .unknown
    }
}

/// What the database says, past every replica and pooler.
func ask(_ database: String, _ question: String) async throws -> PostgresRows {
    try await PostgresSession.withSession(
        PostgresConfiguration(conninfo: database),
        logger: Logger(label: "ask", factory: { _ in SwiftLogNoOpLogHandler() })
    ) { session in
        try await session.query(PostgresStatement(question))
    }
}
