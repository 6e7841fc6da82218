// SPDX-License-Identifier: MIT
import Logging
import Migrations
import NavarchControl
import NavarchStorePostgres
import NavarchTestSupport
import Postgres

/// Serves a control plane over an empty, migrated PostgreSQL database.
func withFleet<R: Sendable>(
    tokens: [String] = [], _ body: @escaping @Sendable (ServedReplica) async throws -> R
) async throws -> R {
    try await withFleetAndDatabase(tokens: tokens) { replica, _ in try await body(replica) }
}

/// The same, with a client of the database, to look at what was stored.
func withFleetAndDatabase<R: Sendable>(
    tokens: [String] = [], _ body: @escaping @Sendable (ServedReplica, PostgresClient) async throws -> R
) async throws -> R {
    let logger = Logger(label: "navarch-server-test", factory: { _ in SwiftLogNoOpLogHandler() })
    let conninfo = try await ThrowawayPostgres.shared.createDatabase(prefix: "server")
    _ = try await Migrator(files: try .embedded(), conninfo: conninfo, runner: "test", logger: logger).up()
    var configuration = PostgresConfiguration(conninfo: conninfo)
    configuration.poolSize = 2
    let session = PostgresConfiguration(conninfo: conninfo)
    return try await PostgresClient.withClient(configuration, logger: logger) { client in
        let store = PostgresStore(client: client, session: session, logger: logger)
        return try await withReplica(over: Stores(store), tokens: tokens) { try await body($0, client) }
    }
}
