// SPDX-License-Identifier: MIT
import NavarchTestSupport
import Testing

/// The replica's half of the gate (C24), with the real programs.
@Suite(.serialized) struct SchemaGateTests {
    private func withDatabase(_ body: (String) async throws -> Void) async throws {
        let postgres = try await ThrowawayPostgres.shared
        try await body(postgres.tcpConninfo(database: try await postgres.createDatabaseNamed(prefix: "gate")))
    }

    private func migrate(_ arguments: [String], _ database: String) async throws {
        try await ChildProcess.run(try Programs.path("migrate"), arguments + ["--database", database])
    }

    /// From nothing, and from the step before the newest.
    @Test(arguments: [nil, "9"])
    func aReplicaWaitsAliveAndNotReadyForASchemaThatIsComing(_ earlier: String?) async throws {
        try await withDatabase { database in
            if let earlier { try await migrate(["up", "--to", earlier], database) }
            let replica = try await TestReplica.start(database: database, ready: false)
            try await eventually(within: .seconds(20), every: .milliseconds(50), "it says what it waits for") {
                let ready = try await replica.get("/readyz")
                return ready.status == 503 && ready.body.contains("run migrate up")
            }
            // It keeps waiting: alive, and not ready, through many of its own tries.
            for _ in 0..<20 {
                #expect(try await replica.get("/healthz").status == 200)
                #expect(try await replica.get("/readyz").status == 503)
            }
            #expect(replica.process.isRunning)
            try await migrate(["up"], database)
            try await replica.untilReady(within: .seconds(10))
            #expect(await replica.stop() == .code(0))
        }
    }

    @Test func aReplicaThatWaitsForASchemaEndsCleanly() async throws {
        try await withDatabase { database in
            let replica = try await TestReplica.start(database: database, ready: false)
            try await eventually(within: .seconds(20), every: .milliseconds(50), "alive") {
                try await replica.get("/healthz").status == 200
            }
            #expect(await replica.stop() == .code(0))
        }
    }

    /// A contract step of a later release raised the lowest binary past this one.
    @Test func aReplicaRefusesASchemaThatLeftItBehind() async throws {
        try await withDatabase { database in
            try await migrate(["up"], database)
            try await ChildProcess.run(
                "psql", ["-X", "-c", "UPDATE schema_state SET min_binary = 1000", database])
            let replica = try await TestReplica.start(database: database, ready: false)
            #expect(await replica.process.wait() == .code(1))
            #expect(replica.process.output.contains { $0.contains("needs a binary that knows schema 1000") })
        }
    }
}
