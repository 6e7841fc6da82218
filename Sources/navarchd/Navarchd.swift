// SPDX-License-Identifier: MIT
/// One control-plane replica: parses what it is told, builds the graph, runs it.
import ArgumentParser
import BuildInfo
import Configuration
import Foundation
import Logging
import Metrics
import Telemetry

/// The command line of `navarchd`.
@main
struct Navarchd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "navarchd",
        abstract: "One replica of the Navarch control plane.",
        discussion: """
            Any number of replicas share one PostgreSQL; any of them answers any call. SIGTERM or SIGINT drains and ends it with status 0, \
            a second one ends it at once.
            """,
        version: BuildInfo.line(for: "navarchd"))

    @Option(
        help:
            "Configuration file, YAML. Environment: NAVARCHD_CONFIG. An option wins over the environment, that over the file."
    )
    var config: String?
    @Flag(help: "Read all settings, print what is in force and where it comes from, and end; secrets are hidden.")
    var checkConfig = false
    @Flag(help: "Print a table of all settings and end.")
    var explainConfig = false
    @Option(help: "Where to listen, HOST:PORT or :PORT; port 0 takes a free one (127.0.0.1:50051).")
    var listen: String?
    @Option(help: "PostgreSQL, as a URI or key=value pairs; may lead through PgBouncer in transaction mode. Required.")
    var database: String?
    @Option(help: "PostgreSQL's primary without a pooler, for LISTEN and locks; default: as --database.")
    var sessionDatabase: String?
    @Option(help: "Connections in the pool, 1 to 64 (4).")
    var poolSize: String?
    @Option(help: "Shared bearer token; without one every path is open. Others on this machine can see it.")
    var authToken: String?
    @Option(help: "File with shared bearer tokens, one a line.")
    var authTokenFile: String?
    @Option(help: "Where this replica runs.")
    var region: String?
    @Option(help: "Where others reach this replica, HOST:PORT; default: where it listens.")
    var advertise: String?
    @Option(help: "Between heartbeats of an agent (30s); longer in fleets that would beat too often.")
    var heartbeatInterval: String?
    @Option(help: "Silence that makes a node unreachable; at least 2 × interval + 25s (3 × interval, at least 90s).")
    var heartbeatTimeout: String?
    @Option(help: "Between health checks of an agent (1m).")
    var healthCheckInterval: String?
    @Option(help: "How long balancers get to see that it is not ready before the port closes (1s).")
    var drainNotice: String?
    @Option(help: "How long calls in flight may go on after that (30s).")
    var drainGrace: String?
    @Flag(
        inversion: .prefixedNo,
        help: "Tell other replicas of changes by NOTIFY; without it they find them within a second.")
    var notify: Bool?
    @Option(help: "How long commands that have ended are kept (720h).")
    var retentionCommands: String?
    @Option(help: "How long events of the change feed are kept (168h).")
    var retentionEvents: String?
    @Option(help: "How long health reports are kept, beyond the latest of each check (168h).")
    var retentionHealthReports: String?
    @Option(
        help: ArgumentHelp(
            "Judge the schema as a release that carries this folder's migrations would; to rehearse a roll-out.",
            visibility: .hidden))
    var migrations: String?
    @Option(help: "trace, debug, info, notice, warning, error or critical (info).")
    var logLevel: String?

    /// The original's flags had one dash (`-config x`, `-auth-token=y`); they keep working.
    static func main() async {
        await main(
            CommandLine.arguments.dropFirst().map { argument in
                let isOld = argument.hasPrefix("-") && !argument.hasPrefix("--") && argument.count > 2
                return isOld ? "-" + argument : argument
            })
    }

    /// Reports every mistake at once.
    func validate() throws {
        guard !explainConfig else { return }
        do throws(ConfigurationErrors) {
            _ = try DaemonSettings(try values())
        } catch {
            throw ValidationError(error.description)
        }
    }

    /// Runs the replica.
    func run() async throws {
        let values = explainConfig ? nil : try values()
        guard let values, !checkConfig else {
            throw CleanExit.message(values?.dump() ?? DaemonSchema.schema.documentation())
        }
        var settings = try DaemonSettings(values)
        settings.migrations = migrations
        let metrics = PrometheusRegistry()
        MetricsSystem.bootstrap(metrics)
        LoggingSystem.bootstrap { [level = settings.logLevel] in JSONLogHandler(label: $0, level: level) }
        let logger = Logger(label: "navarchd")
        logger.info("starting", metadata: ["version": "\(BuildInfo.line(for: "navarchd"))"])
        do {
            if settings.tokens.isEmpty { logger.warning("no token is set: every path is open") }
            try await ReplicaProcess(settings: settings, metrics: metrics, logger: logger).run()
        } catch {
            logger.critical("cannot serve", metadata: ["error": "\(error)"])
            throw ExitCode(1)
        }
    }

    private func values() throws(ConfigurationErrors) -> ConfigurationValues {
        let environment = ProcessInfo.processInfo.environment
        return try DaemonSchema.schema.load(
            path: config ?? environment["NAVARCHD_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }, environment: environment,
            flags: [
                "server.address": listen, "server.advertise": advertise, "server.region": region,
                "server.heartbeat_interval": heartbeatInterval, "server.heartbeat_timeout": heartbeatTimeout,
                "server.health_check_interval": healthCheckInterval, "server.drain_notice": drainNotice,
                "server.drain_grace": drainGrace, "server.notify": notify.map { "\($0)" }, "log.level": logLevel,
                "database.url": database, "database.session_url": sessionDatabase, "database.pool_size": poolSize,
                "auth.token": authToken, "auth.token_file": authTokenFile, "retention.commands": retentionCommands,
                "retention.events": retentionEvents, "retention.health_reports": retentionHealthReports,
            ])
    }
}
