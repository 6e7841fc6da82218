// SPDX-License-Identifier: MIT
import Foundation
import NavarchTestSupport
import Postgres
import Testing

@Suite struct SessionTests {
    @Test func listenDeliversInOrderAndTellsTheSender() async throws {
        let conninfo = try await ThrowawayPostgres.shared.createDatabase()
        try await PostgresSession.withSession(PostgresConfiguration(conninfo: conninfo), logger: quiet) { session in
            _ = try await session.query("LISTEN look")
            try await PostgresClient.withClient(PostgresConfiguration(conninfo: conninfo), logger: quiet) { client in
                for n in 0..<100 {
                    _ = try await client.query(PostgresStatement("SELECT pg_notify('look', $1)", [.text("\(n)")]))
                }
            }
            var payloads: [String] = []
            for await notification in session.notifications {
                #expect(notification.channel == "look" && notification.backendPID > 0)
                payloads.append(notification.payload)
                if payloads.count == 100 { break }
            }
            #expect(payloads == (0..<100).map { "\($0)" })
        }
    }

    @Test func theSessionKeepsItsSettingsAndLocks() async throws {
        var configuration = PostgresConfiguration(conninfo: try await ThrowawayPostgres.shared.createDatabase())
        configuration.settings = ["idle_session_timeout": "4s", "lock_timeout": "3s"]
        configuration.applicationName = "the session"
        try await PostgresSession.withSession(configuration, logger: quiet) { session in
            let row = try await session.query(
                "SELECT current_setting('idle_session_timeout'), current_setting('lock_timeout'), current_setting('application_name')"
            )[0]
            let (idle, lock, name) = try row.decode(as: String.self, String.self, String.self)
            #expect(idle == "4s" && lock == "3s" && name == "the session")
            #expect(try await session.query("SELECT pg_try_advisory_lock(7)")[0].decode(0, as: Bool.self))
            try await PostgresSession.withSession(configuration, logger: quiet) { other in
                let got: Bool = try await other.query("SELECT pg_try_advisory_lock(7)")[0].decode(0)
                #expect(!got)
            }
        }
    }

    @Test func theDeathOfTheSessionIsSeenAndFinal() async throws {
        let conninfo = try await ThrowawayPostgres.shared.createDatabase()
        let configuration = PostgresConfiguration(conninfo: conninfo)
        try await PostgresSession.withSession(configuration, logger: quiet) { session in
            let pid = try await session.query("SELECT pg_backend_pid()")[0].decode(0, as: Int32.self)
            #expect(session.isOpen)
            try await PostgresClient.withClient(configuration, logger: quiet) { client in
                _ = try await client.query(PostgresStatement("SELECT pg_terminate_backend($1)", [.int4(pid)]))
            }
            for await _ in session.notifications {}
            try await session.waitUntilClosed()
            #expect(!session.isOpen)
            let error = try await failure { _ = try await session.query("SELECT 1") }
            #expect(error?.outcome == .notDone)
        }
    }

    @Test func anOverdueStatementEndsTheSession() async throws {
        let conninfo = try await ThrowawayPostgres.shared.createDatabase()
        try await PostgresSession.withSession(PostgresConfiguration(conninfo: conninfo), logger: quiet) { session in
            let clock = ContinuousClock()
            let start = clock.now
            let error = try await failure {
                _ = try await session.query("SELECT pg_sleep(5)", deadline: .milliseconds(200))
            }
            #expect(error?.kind == .deadline)
            #expect(error?.outcome == .unknown)
            try await session.waitUntilClosed()
            #expect(clock.now - start < .seconds(3))
        }
    }

    @Test func aSessionThatCannotConnectThrowsAtOnce() async throws {
        let port = try freePort()
        var configuration = PostgresConfiguration(conninfo: "host=127.0.0.1 port=\(port) user=x dbname=x")
        let refused = try await failure {
            try await PostgresSession.withSession(configuration, logger: quiet) { _ in }
        }
        #expect(refused?.kind == .connection)
        #expect(refused?.outcome == .notDone)
        configuration.conninfo = "what=ever"
        let wrong = try await failure {
            try await PostgresSession.withSession(configuration, logger: quiet) { _ in }
        }
        #expect(wrong?.kind == .invalidRequest)
    }

    @Test func statementsOfASessionRunInTheOrderOfSubmission() async throws {
        let conninfo = try await ThrowawayPostgres.shared.createDatabase()
        try await PostgresSession.withSession(PostgresConfiguration(conninfo: conninfo), logger: quiet) { session in
            _ = try await session.query("CREATE TEMP TABLE t (n serial, m int)")
            for n in 0..<20 {
                _ = try await session.query(PostgresStatement("INSERT INTO t (m) VALUES ($1)", [.int4(Int32(n))]))
            }
            let rows = try await session.query("SELECT m FROM t ORDER BY n")
            #expect(try rows.map { try $0.decode(0, as: Int.self) } == Array(0..<20))
        }
    }
}
