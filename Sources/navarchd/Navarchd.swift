// SPDX-License-Identifier: MIT
/// One control-plane replica: parses what it is told, builds the graph, runs it.
import ArgumentParser
import BuildInfo
import Foundation
import Logging
import Metrics
import NavarchModel
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

    @Option(help: "Where to listen, HOST:PORT; port 0 takes a free one.")
    var listen = "127.0.0.1:50051"
    @Option(
        help:
            "PostgreSQL, as a URI or key=value pairs; may lead through PgBouncer in transaction mode. Environment: NAVARCH_DATABASE_URL."
    )
    var database: String?
    @Option(
        help:
            "PostgreSQL's primary without a pooler, for LISTEN and locks; default: as --database. Environment: NAVARCH_SESSION_DATABASE_URL."
    )
    var sessionDatabase: String?
    @Option(help: "Connections in the pool, 1 to 64.")
    var poolSize = 4
    @Option(help: "Shared bearer token; without one every path is open. Environment: NAVARCH_AUTH_TOKEN.")
    var authToken: String?
    @Option(help: "File with shared bearer tokens, one a line.")
    var authTokenFile: String?
    @Option(help: "Where this replica runs.")
    var region = ""
    @Option(help: "Where others reach this replica, HOST:PORT; default: where it listens.")
    var advertise = ""
    @Option(help: "Between heartbeats of an agent, e.g. 30s; longer in fleets that would beat too often.")
    var heartbeatInterval = DurationArgument(.seconds(30))
    @Option(help: "Silence that makes a node unreachable; at least 2 × interval + 25s.")
    var heartbeatTimeout = DurationArgument(.seconds(90))
    @Option(help: "How long balancers get to see that it is not ready before the port closes.")
    var drainNotice = DurationArgument(.seconds(1))
    @Option(help: "How long calls in flight may go on after that.")
    var drainGrace = DurationArgument(.seconds(30))
    @Flag(
        inversion: .prefixedNo,
        help: "Tell other replicas of changes by NOTIFY; without it they find them within a second.")
    var notify = true
    @Option(
        help: ArgumentHelp(
            "Judge the schema as a release that carries this folder's migrations would; to rehearse a roll-out.",
            visibility: .hidden))
    var migrations: String?
    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = Logger.Level.info

    /// Reports every mistake at once.
    func validate() throws {
        var mistakes: [String] = []
        if HostAndPort(listen) == nil { mistakes.append("--listen: \"\(listen)\" is not HOST:PORT") }
        if databaseOrEnvironment == nil { mistakes.append("--database or NAVARCH_DATABASE_URL is required") }
        if !(1...64).contains(poolSize) { mistakes.append("--pool-size: \(poolSize) is not between 1 and 64") }
        do throws(LivenessTiming.Violation) {
            _ = try LivenessTiming(interval: heartbeatInterval.duration, timeout: heartbeatTimeout.duration)
        } catch {
            mistakes.append("--heartbeat-timeout: \(error)")
        }
        if let file = authTokenFile, !FileManager.default.isReadableFile(atPath: file) {
            mistakes.append("--auth-token-file: \(file) cannot be read")
        }
        if !mistakes.isEmpty { throw ValidationError(mistakes.joined(separator: "\n")) }
    }

    /// Runs the replica.
    func run() async throws {
        let metrics = PrometheusRegistry()
        MetricsSystem.bootstrap(metrics)
        let level = logLevel
        LoggingSystem.bootstrap { JSONLogHandler(label: $0, level: level) }
        let logger = Logger(label: "navarchd")
        logger.info("starting", metadata: ["version": "\(BuildInfo.line(for: "navarchd"))"])
        do {
            let settings = try settings()
            if settings.tokens.isEmpty { logger.warning("no token is set: every path is open") }
            try await ReplicaProcess(settings: settings, metrics: metrics, logger: logger).run()
        } catch {
            logger.critical("cannot serve", metadata: ["error": "\(error)"])
            throw ExitCode(1)
        }
    }

    private var databaseOrEnvironment: String? { database ?? environment("NAVARCH_DATABASE_URL") }

    private func settings() throws -> DaemonSettings {
        var settings = DaemonSettings()
        if let address = HostAndPort(listen) { (settings.host, settings.port) = (address.host, address.port) }
        settings.advertise = advertise
        settings.region = region
        settings.database = databaseOrEnvironment ?? ""
        settings.sessionDatabase = sessionDatabase ?? environment("NAVARCH_SESSION_DATABASE_URL") ?? ""
        settings.poolSize = poolSize
        settings.tokens = try tokens()
        settings.control.node.heartbeatInterval = heartbeatInterval.duration
        settings.control.heartbeatTimeout = heartbeatTimeout.duration
        settings.control.notifies = notify
        settings.drainNotice = drainNotice.duration
        settings.drainGrace = drainGrace.duration
        settings.migrations = migrations
        settings.logLevel = logLevel
        return settings
    }

    private func tokens() throws -> [String] {
        let inFile =
            try authTokenFile.map { try String(contentsOfFile: $0, encoding: .utf8).split(whereSeparator: \.isNewline) }
            ?? []
        return ([authToken ?? environment("NAVARCH_AUTH_TOKEN")].compactMap { $0 } + inFile.map(String.init))
            .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    private func environment(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

// Neither library knows the other; should one learn of it, the compiler says so.
extension Logger.Level: @retroactive ExpressibleByArgument {}
