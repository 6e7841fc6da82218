// SPDX-License-Identifier: MIT
import ArgumentParser
import BuildInfo
import Foundation
import Logging
import Migrations

/// How results are written.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json
}

/// What every subcommand takes.
struct CommonOptions: ParsableArguments {
    @Option(help: "The database: a URI or key=value pairs, as psql takes them.")
    var database: String?

    @Option(name: .shortAndLong, help: "table or json.")
    var output = OutputFormat.table

    @Option(help: "Run the files of this folder instead of those that the program carries.")
    var files: String?

    @Flag(help: "Tell nothing on standard error but errors.")
    var quiet = false

    /// Where the database is.
    var conninfo: String {
        database ?? ProcessInfo.processInfo.environment["NAVARCH_DATABASE_URL"] ?? ""
    }

    func migrator(_ options: MigratorOptions = MigratorOptions(), stop: StopSignal = StopSignal()) throws -> Migrator {
        let set =
            try files.map { path throws(MigrationError) in try MigrationSet.folder(path) } ?? MigrationSet.embedded()
        let quiet = quiet
        return Migrator(
            files: set, conninfo: conninfo, options: options, runner: BuildInfo.version, logger: Self.logger,
            stop: stop,
            report: { if !quiet { Console.error($0.line) } })
    }

    /// The client's own warnings; what the engine does is told by its events.
    private static var logger: Logger {
        var logger = Logger(label: "migrate", factory: StreamLogHandler.standardError(label:))
        logger.logLevel = .error
        return logger
    }

    /// Runs `body`; its error is told once, with its hint, and becomes the exit code.
    func reportingErrors(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as MigrationError {
            if output == .json {
                Console.write(
                    Console.json(ErrorReport(error: error.code.rawValue, message: error.message, hint: error.hint)))
            }
            Console.error("migrate: \(error)")
            throw ExitCode(ExitStatus.code(of: error.code))
        }
    }
}

private struct ErrorReport: Encodable {
    let error: String
    let message: String
    let hint: String
}

/// How patient commands that change something are.
struct PatienceOptions: ParsableArguments {
    @Option(help: "Seconds to wait for another runner.")
    var wait = 600

    @Option(help: "Milliseconds that one try waits for a table's lock.")
    var lockTimeout = 2000

    @Option(help: "Tries for a table's lock.")
    var lockTries = 20

    @Option(help: "Seconds after which a replica that was not seen counts as gone.")
    var replicaGrace = 60

    func validate() throws {
        guard wait >= 0, lockTimeout > 0, lockTries > 0, replicaGrace >= 0 else {
            throw ValidationError(
                "--wait and --replica-grace must not be negative; --lock-timeout and --lock-tries must be positive")
        }
    }

    var options: MigratorOptions {
        var options = MigratorOptions()
        options.runnerWait = .seconds(wait)
        options.tableLockTimeout = .milliseconds(lockTimeout)
        options.tableLockTries = lockTries
        options.replicaGrace = .seconds(replicaGrace)
        return options
    }
}
