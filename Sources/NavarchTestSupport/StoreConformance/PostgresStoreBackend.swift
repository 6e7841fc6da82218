// SPDX-License-Identifier: MIT
import Logging
import Migrations
import NavarchStorePostgres
import Postgres

/// A PostgreSQL store for a test: a database of its own in the shared throwaway server, migrated by the real engine.
public struct PostgresStoreBackend: Sendable {
    /// The store.
    public let store: PostgresStore
    /// Its pool, for a test that looks at the rows or makes a fault.
    public let client: PostgresClient
    /// The database, without a pooler.
    public let conninfo: String

    /// Runs `body` with a store over an empty, migrated database.
    public static func withStore<Result>(
        poolSize: Int = 4, isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresStoreBackend) async throws -> Result
    ) async throws -> Result {
        let conninfo = try await ThrowawayPostgres.shared.createDatabase(prefix: "store")
        let logger = quietLogger
        _ = try await Migrator(files: try .embedded(), conninfo: conninfo, runner: "test", logger: logger).up()
        return try await withStore(at: conninfo, poolSize: poolSize, body)
    }

    /// Runs `body` with another store over a database that is there; as another replica would have it.
    public static func withStore<Result>(
        at conninfo: String, poolSize: Int = 4, isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresStoreBackend) async throws -> Result
    ) async throws -> Result {
        var configuration = PostgresConfiguration(conninfo: conninfo)
        configuration.poolSize = poolSize
        let session = PostgresConfiguration(conninfo: conninfo)
        return try await PostgresClient.withClient(configuration, logger: quietLogger) { client in
            let store = PostgresStore(client: client, session: session, logger: quietLogger)
            return try await body(PostgresStoreBackend(store: store, client: client, conninfo: conninfo))
        }
    }

    private static var quietLogger: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .error
        return logger
    }
}
