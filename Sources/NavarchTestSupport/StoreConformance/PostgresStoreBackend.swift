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
    /// Where the pool connects: the database itself, or a pooler before it.
    public let pool: String

    /// Runs `body` with a store over an empty, migrated database.
    public static func withStore<Result>(
        poolSize: Int = 4, isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresStoreBackend) async throws -> Result
    ) async throws -> Result {
        let conninfo = try await ThrowawayPostgres.shared.createDatabase(prefix: "store")
        try await migrate(conninfo)
        return try await withStore(at: conninfo, poolSize: poolSize, body)
    }

    /// The same with a pool that goes through `bouncer`, which stands before the shared server.
    public static func withPooledStore<Result>(
        through bouncer: ThrowawayPgBouncer, isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresStoreBackend) async throws -> Result
    ) async throws -> Result {
        let server = try await ThrowawayPostgres.shared
        let name = try await server.createDatabaseNamed(prefix: "pooled")
        let conninfo = server.conninfo(database: name)
        try await migrate(conninfo)
        return try await withStore(at: conninfo, pool: bouncer.conninfo(database: name), body)
    }

    private static func migrate(_ conninfo: String) async throws {
        _ = try await Migrator(files: try .embedded(), conninfo: conninfo, runner: "test", logger: quietLogger).up()
    }

    /// Runs `body` with another store over a database that is there; as another replica would have it.
    /// - Parameter pool: where the pool connects; nil: to the database itself.
    public static func withStore<Result>(
        at conninfo: String, pool: String? = nil, poolSize: Int = 4, isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresStoreBackend) async throws -> Result
    ) async throws -> Result {
        var configuration = PostgresConfiguration(conninfo: pool ?? conninfo)
        configuration.poolSize = poolSize
        let session = PostgresConfiguration(conninfo: conninfo)
        return try await PostgresClient.withClient(configuration, logger: quietLogger) { client in
            let store = PostgresStore(client: client, session: session, logger: quietLogger)
            return try await body(
                PostgresStoreBackend(
                    store: store, client: client, conninfo: conninfo, pool: configuration.conninfo))
        }
    }

    private static var quietLogger: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .error
        return logger
    }
}
