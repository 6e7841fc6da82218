// SPDX-License-Identifier: MIT
import Logging
import NavarchTestSupport
import Postgres

/// A logger that says nothing below errors.
let quiet: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .error
    return logger
}()

/// Runs `body` with a client of a fresh database.
func withDatabase<R>(
    _ adjust: (inout PostgresConfiguration) -> Void = { _ in }, _ body: (PostgresClient) async throws -> R
) async throws -> R {
    var configuration = PostgresConfiguration(conninfo: try await ThrowawayPostgres.shared.createDatabase())
    adjust(&configuration)
    return try await PostgresClient.withClient(configuration, logger: quiet, body)
}

/// Runs `body` and returns the `PostgresError` that it throws.
func failure(_ body: () async throws -> Void) async throws -> PostgresError? {
    do {
        try await body()
        return nil
    } catch let error as PostgresError {
        return error
    }
}
