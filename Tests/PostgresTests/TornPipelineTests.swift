// SPDX-License-Identifier: MIT
import NavarchTestSupport
import Postgres
import Testing

/// A pooler that gets units in pieces (decision 0232).
@Suite struct TornPipelineTests {
    /// PgBouncer 1.18 gives a server to another client when a unit is answered and it has only the beginning of the next: the rest of
    /// that one goes to another server. One unit at a time per connection gives it nothing to tear, however small the pieces: here
    /// bytes. (With two at a time this test fails within a second: `invalid frontend message type`.)
    @Test func unitsThatArriveByteByByteAreAnsweredWholeThroughPgBouncer() async throws {
        let server = try await ThrowawayPostgres.shared
        let name = try await server.createDatabaseNamed()
        try await withPgBouncer(for: server) { bouncer in
            let proxy = try TCPProxy(to: bouncer.port)
            defer { proxy.end() }
            let configuration = PostgresConfiguration(
                conninfo: "host=127.0.0.1 port=\(proxy.port) user=postgres dbname=\(name)")
            try await PostgresClient.withClient(configuration, logger: quiet) { client in
                _ = try await client.query("CREATE TABLE done (task int, n int, UNIQUE (task, n))")
                try await eventually("all connected") { client.status.connected == client.status.size }
                // PgBouncer refuses a login in pieces.
                proxy.mode = .trickle
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for task in 0..<32 { group.addTask { try await self.insert(client, task) } }
                    try await group.waitForAll()
                }
                #expect(try await client.query("SELECT count(*) FROM done")[0].decode(0, as: Int.self) == 128)
                #expect(client.status.disconnects == 0 && client.status.isPooled)
            }
            #expect(!bouncer.log.contains { $0.contains("when not linked") || $0.contains("got dirty") })
        }
    }

    private func insert(_ client: PostgresClient, _ task: Int) async throws {
        for n in 0..<5 {
            let values: [PostgresValue] = [.int4(Int32(task)), .int4(Int32(n))]
            let unit = [
                PostgresStatement("INSERT INTO done VALUES ($1, $2)", values),
                PostgresStatement("SELECT $1 * 1000 + $2 / $3", values + [.int4(n == 4 ? 0 : 1)]),
            ]
            if n == 4 {
                let error = try await failure { _ = try await client.unit(unit, deadline: .seconds(30)) }
                #expect(error?.sqlState == "22012" && error?.outcome == .notDone, "\(String(describing: error))")
            } else {
                let rows = try await client.unit(unit, deadline: .seconds(30))
                #expect(try rows[1][0].decode(0, as: Int.self) == task * 1000 + n)
            }
        }
    }
}
