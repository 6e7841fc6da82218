// SPDX-License-Identifier: MIT
import NavarchTestSupport
import Postgres
import Testing

/// Deadlines, admission and shutdown (C7, C8).
@Suite struct DeadlineTests {
    @Test func anOverdueUnitIsUnknownAndAQueuedOneIsNotDone() async throws {
        try await withDatabase({
            $0.poolSize = 1
            $0.pipelineDepth = 1
            $0.reservedDepth = 0
        }) { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let error = try await failure {
                        _ = try await client.query("SELECT pg_sleep(1)", deadline: .milliseconds(300))
                    }
                    #expect(error?.kind == .deadline && error?.outcome == .unknown, "\(String(describing: error))")
                }
                try await eventually { client.status.inFlight == 1 }
                let error = try await failure { _ = try await client.query("SELECT 1", deadline: .milliseconds(100)) }
                #expect(error?.kind == .deadline && error?.outcome == .notDone)
                try await group.waitForAll()
            }
            // The server answers within the grace, so the connection stays.
            #expect(try await client.query("SELECT 1").count == 1)
            #expect(client.status.disconnects == 0)
        }
    }

    @Test func aConnectionThatStaysSilentIsClosedAfterTheGrace() async throws {
        try await withDatabase({
            $0.poolSize = 1
            $0.overdueGrace = .milliseconds(200)
        }) { client in
            let error = try await failure {
                _ = try await client.query("SELECT pg_sleep(30)", deadline: .milliseconds(200))
            }
            #expect(error?.outcome == .unknown)
            #expect(try await client.query("SELECT 1", deadline: .seconds(5)).count == 1)
            #expect(client.status.disconnects == 1)
        }
    }

    @Test func aFullQueueShedsAndTheReservedSharePasses() async throws {
        try await withDatabase({
            $0.poolSize = 1
            $0.pipelineDepth = 4
            $0.reservedDepth = 2
            $0.queueLimit = 3
        }) { client in
            _ = try await client.query("SELECT 1")
            try await withThrowingTaskGroup(of: PostgresError?.self) { group in
                for _ in 0..<10 {
                    group.addTask { try await failure { _ = try await client.query("SELECT pg_sleep(0.3)") } }
                }
                try await eventually { client.status.shed == 5 }
                let clock = ContinuousClock()
                let start = clock.now
                _ = try await client.query("SELECT 1", share: .reserved)
                // Two sleepers are before it in the line, and three more wait that would hold it up without its own share.
                #expect(clock.now - start < .milliseconds(800))
                let errors = try await group.reduce(into: []) { $0.append($1) }.compactMap { $0 }
                #expect(errors.count == 5)
                for error in errors {
                    guard case .overloaded(let retryAfter) = error.kind else {
                        Issue.record("\(error)")
                        continue
                    }
                    #expect(retryAfter > .zero && error.outcome == .notDone)
                }
            }
        }
    }

    @Test func whoWaitsTooLongForRoomIsShed() async throws {
        try await withDatabase({
            $0.poolSize = 1
            $0.pipelineDepth = 1
            $0.reservedDepth = 0
            $0.queueTime = .milliseconds(100)
        }) { client in
            try await eventually { client.status.connected == 1 }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await client.query("SELECT pg_sleep(0.5)") }
                try await eventually { client.status.inFlight == 1 }
                let error = try await failure { _ = try await client.query("SELECT 1") }
                guard case .overloaded? = error?.kind else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func aShutdownAnswersWhatIsOnItsWayAndRefusesTheRest() async throws {
        let conninfo = try await ThrowawayPostgres.shared.createDatabase()
        let client = PostgresClient(PostgresConfiguration(conninfo: conninfo), logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            _ = try await client.query("SELECT 1")
            try await withThrowingTaskGroup(of: Int.self) { queries in
                queries.addTask { try await client.query("SELECT 5 FROM pg_sleep(0.5)")[0].decode(0) }
                // Seen by the server itself: the pool's figures may still be those of the query before.
                try await PostgresSession.withSession(PostgresConfiguration(conninfo: conninfo), logger: quiet) {
                    observer in
                    try await eventually("the statement runs") {
                        try await observer.query(
                            """
                            SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
                               AND query LIKE 'SELECT 5 FROM pg_sleep%'
                            """
                        ).count == 1
                    }
                }
                group.cancelAll()
                #expect(try await queries.next() == 5)
            }
            try await group.waitForAll()
        }
        let error = try await failure { _ = try await client.query("SELECT 1") }
        #expect(error?.kind == .closed && error?.outcome == .notDone)
        #expect(client.status.connected == 0)
    }

    /// One thread submits them and asks for the end, so the engine meets all of them in one turn.
    @Test func whatWasSubmittedBeforeTheShutdownIsSentWhereThereIsRoom() async throws {
        let configuration = PostgresConfiguration(conninfo: try await ThrowawayPostgres.shared.createDatabase())
        for _ in 0..<20 {
            let client = PostgresClient(configuration, logger: quiet)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await client.run() }
                _ = try await client.query("SELECT 1")
                let answers = AsyncStream.makeStream(of: Result<Int, PostgresError>.self)
                for _ in 0..<8 {
                    client.submit(["SELECT 1 FROM pg_sleep(0.001)"]) { result in
                        answers.continuation.yield(result.map(\.count))
                    }
                }
                group.cancelAll()
                for try await answer in answers.stream.prefix(8) { #expect(try answer.get() == 1) }
                try await group.waitForAll()
            }
        }
    }

    @Test func queriesWaitForAServerThatIsNotThereYet() async throws {
        let server = try await ThrowawayPostgres.start()
        let configuration = PostgresConfiguration(conninfo: server.conninfo())
        await server.stopServer()
        try await PostgresClient.withClient(configuration, logger: quiet) { client in
            let late = try await failure { _ = try await client.query("SELECT 1", deadline: .milliseconds(200)) }
            #expect(late?.outcome == .notDone)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let rows = try await client.query("SELECT 1")
                    #expect(rows.count == 1)
                }
                try await server.startServer()
                try await group.waitForAll()
            }
        }
        await server.remove()
    }

    @Test func anUnreadableConninfoEndsTheClient() async throws {
        let client = PostgresClient(PostgresConfiguration(conninfo: "nonsense"), logger: quiet)
        let error = try await failure { try await client.run() }
        #expect(error?.kind == .invalidRequest)
    }
}
