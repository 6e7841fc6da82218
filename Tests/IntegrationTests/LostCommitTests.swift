// SPDX-License-Identifier: MIT
import Connect
import NavarchClient
import NavarchTestSupport
import NavarchWire
import Testing

/// COMMIT arrives at PostgreSQL and its answer arrives at nobody (C8, C13).
@Suite(.serialized) struct LostCommitTests {
    /// A replica whose pool leads through a proxy, another that needs none, and the proxy.
    private func withReplicas(
        _ body: (_ through: TestReplica, _ direct: TestReplica, TCPProxy, _ database: String) async throws -> Void
    ) async throws {
        let postgres = try await ThrowawayPostgres.shared
        let name = try await postgres.createDatabaseNamed(prefix: "commit")
        let database = postgres.tcpConninfo(database: name)
        try await ChildProcess.run(try Programs.path("migrate"), ["up", "--database", database])
        let proxy = try TCPProxy(to: postgres.port)
        defer { proxy.end() }
        let through = try await TestReplica.start(
            database: postgres.tcpConninfo(database: name, port: proxy.port), session: database)
        let direct = try await TestReplica.start(database: database)
        try await withRPC([direct.url]) { try await AgentClient($0).register("n1") }
        do {
            try await body(through, direct, proxy, database)
        } catch {
            Issue.record("\(error)\n\(through.process.output.suffix(15).joined(separator: "\n"))")
        }
        for replica in [through, direct] { #expect(await replica.stop() == .code(0)) }
    }

    private func issued(_ key: String, _ database: String) async throws -> [String] {
        try await ask(database, "SELECT id::text FROM command WHERE idempotency_key = '\(key)'").map {
            try $0.decode(0)
        }
    }

    /// A diagnostic is one unit, committed by its Sync; a cordon is a transaction with a COMMIT of its own.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [(Navarch_V1_NodeCommandType.runDiagnostic, []), (.cordon, ["COMMIT"])]
            as [(Navarch_V1_NodeCommandType, [String])])
    func theReplicaResolvesItAndAnswersWithTheOneCommand(type: Navarch_V1_NodeCommandType, then: [String]) async throws
    {
        try await withReplicas { through, _, proxy, database in
            let key = "lost-\(type.rawValue)"
            proxy.loseAnswers(after: [key] + then)
            async let answer = withRPC([through.url], retry: .never) { rpc in
                try await OperatorClient(rpc).issue(type, to: "n1", key: key)
            }
            try await eventually("committed, and not answered") {
                guard proxy.answersLost == 1 else { return false }
                return try await issued(key, database).count == 1
            }
            proxy.cutSilenced()
            let id = try await answer
            #expect(try await issued(key, database) == [id])
            let audited = try await ask(database, "SELECT count(*) FROM audit WHERE command_id = '\(id)'")
            #expect(try audited.first?.decode(0, as: Int64.self) == (type == .cordon ? 1 : 0))
        }
    }

    /// The replica itself cannot find out: it says that nobody knows, and the key finds the command on any other replica.
    @Test(.timeLimit(.minutes(1)))
    func whoIsToldThatNobodyKnowsRepeatsWithTheKeyElsewhere() async throws {
        try await withReplicas { through, direct, proxy, database in
            let key = "lost-for-good"
            proxy.loseAnswers(after: [key])
            async let answer = withRPC([through.url], retry: .never) { rpc in
                await #expect(throws: RPCError.self) {
                    try await OperatorClient(rpc).issue(.runDiagnostic, to: "n1", key: key)
                }
            }
            try await eventually("committed, and not answered") {
                guard proxy.answersLost == 1 else { return false }
                return try await issued(key, database).count == 1
            }
            proxy.refusesConnections = true
            proxy.cut()
            let error = try await answer
            #expect(error?.code == .unavailable)
            // That the second try could not be made says nothing about the first.
            #expect(error?.message.contains("it may have been done") == true, "\(String(describing: error))")
            let id = try await withRPC([direct.url]) { rpc in
                try await OperatorClient(rpc).issue(.runDiagnostic, to: "n1", key: key)
            }
            #expect(try await issued(key, database) == [id])
            proxy.refusesConnections = false
            try await through.untilReady()
            let again = try await withRPC([through.url]) { rpc in
                try await OperatorClient(rpc).issue(.runDiagnostic, to: "n1", key: key)
            }
            #expect(again == id)
        }
    }
}
