// SPDX-License-Identifier: MIT
import NavarchTestSupport
import Postgres
import Testing

/// Commits that the server answers without being sure, and servers that are not primaries (C4, C8).
@Suite struct StandbyTests {
    @Test(arguments: [false, true])
    func aCommitCancelledWhileTheStandbyIsAbsentIsUnknown(_ explicit: Bool) async throws {
        let server = try await ThrowawayPostgres.start()
        let configuration = PostgresConfiguration(conninfo: server.conninfo())
        var local = configuration
        local.settings = ["synchronous_commit": "local"]
        try await PostgresSession.withSession(local, logger: quiet) { admin in
            _ = try await admin.query("CREATE TABLE t (n int)")
            _ = try await admin.query("ALTER SYSTEM SET synchronous_standby_names = 'absent'")
            _ = try await admin.query("SELECT pg_reload_conf()")
            try await eventually {
                let names: String = try await admin.query("SHOW synchronous_standby_names")[0].decode(0)
                return names == "absent"
            }
            try await PostgresClient.withClient(configuration, logger: quiet) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        let error = try await failure {
                            if explicit {
                                try await client.withTransaction { _ = try await $0.query("INSERT INTO t VALUES (1)") }
                            } else {
                                _ = try await client.query("INSERT INTO t VALUES (1)")
                            }
                        }
                        #expect(error?.outcome == .unknown)
                        #expect(error?.kind == .server)
                    }
                    try await eventually("a cancelled wait") {
                        let waits = try await admin.query(
                            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
                        return waits.count > 0
                    }
                    try await group.waitForAll()
                }
            }
        }
        await server.remove()
    }

    @Test func warningsOfOthersDoNotMakeACommitDoubtful() async throws {
        try await withDatabase { client in
            _ = try await client.query(
                "DO $$ BEGIN RAISE WARNING 'synchronous replication' USING ERRCODE = '01000'; END $$")
            #expect(try await client.query("SELECT 1").count == 1)
        }
    }

    @Test func aReadOnlyServerIsLeft() async throws {
        let server = try await ThrowawayPostgres.shared
        let name = try await server.createDatabaseNamed()
        let configuration = PostgresConfiguration(conninfo: server.conninfo(database: name))
        try await PostgresClient.withClient(configuration, logger: quiet) { client in
            try await eventually { client.status.connected == 4 }
            let error = try await failure {
                _ = try await client.unit(["SET TRANSACTION READ ONLY", "CREATE TABLE t (n int)"])
            }
            #expect(error?.sqlState == "25006")
            #expect(error?.outcome == .notDone)
            try await eventually { client.status.disconnects == 1 && client.status.connected == 4 }
        }
    }

    @Test func aStandbyIsRefusedWhereAPrimaryIsRequired() async throws {
        let server = try await ThrowawayPostgres.start()
        await server.stopServer()
        try server.becomeStandby()
        try await server.startServer()
        var configuration = PostgresConfiguration(conninfo: server.conninfo())
        let error = try await failure {
            try await PostgresSession.withSession(configuration, logger: quiet) { _ in }
        }
        #expect(error?.kind == .connection)
        configuration.requirePrimary = false
        let rows = try await PostgresSession.withSession(configuration, logger: quiet) { session in
            try await session.query("SELECT pg_is_in_recovery()")
        }
        #expect(try rows[0].decode(0, as: Bool.self))
        await server.remove()
    }
}
