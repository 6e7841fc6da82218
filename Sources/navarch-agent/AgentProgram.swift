// SPDX-License-Identifier: MIT
import ArgumentParser
import BuildInfo
import Configuration
import Foundation
import GPUProbe
import Logging
import NavarchAgent
import NavarchClient
import ServiceLifecycle
import Telemetry

/// The daemon on each GPU machine.
@main
struct AgentProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "navarch-agent",
        abstract: "Keeps one machine in contact with the control plane and does what it is told.",
        version: BuildInfo.line(for: "navarch-agent"))

    @Option(
        help:
            "Configuration file, YAML. Environment: NAVARCH_AGENT_CONFIG. An option wins over the environment, that over the file."
    )
    var config: String?
    @Flag(help: "Read all settings, print what is in force and where it comes from, and end; secrets are hidden.")
    var checkConfig = false
    @Flag(help: "Print a table of all settings and end.")
    var explainConfig = false
    @Option(help: "Control plane's URL; may be repeated, or hold several joined by commas (http://localhost:50051).")
    var server: [String] = []
    @Option(help: "Name of this node; default: the host's name.")
    var nodeID: String?
    @Option(help: "Directory of the journal, one for each agent of a host.")
    var stateDir: String?
    @Option(help: "Cloud or site (gcp).")
    var provider: String?
    @Option(help: "Region of the provider.")
    var region: String?
    @Option(help: "Zone of the region.")
    var zone: String?
    @Option(help: "The provider's name for the machine's shape.")
    var instanceType: String?
    @Option(help: "Pool; becomes the label pool.")
    var pool: String?
    @Option(help: "A label, KEY=VALUE; may be repeated.")
    var label: [String] = []
    @Option(help: "Bearer token; others can read it in the process list, so prefer a file.")
    var authToken: String?
    @Option(help: "File whose first line is the bearer token; read again at every call.")
    var authTokenFile: String?
    @Option(help: "Pretend to have this many GPUs, each labelled fake.")
    var fakeGpus: String?
    @Option(help: "Unhealthy with fewer GPUs than this.")
    var expectGpus: String?
    @Option(help: "Directory of executables that run_diagnostic may run by name, at most once each.")
    var diagnosticsDir: String?
    @Option(help: "Shell command that drains the node.")
    var drainHook: String?
    @Option(help: "Shell command that shuts the host down, for terminate.")
    var shutdownCommand: String?
    @Option(help: "trace, debug, info, notice, warning, error or critical (info).")
    var logLevel: String?

    /// The original's flags had one dash (`-node-id x`, `-server=y`); they keep working.
    static func main() async {
        let arguments = CommandLine.arguments.dropFirst().map { argument in
            let isOld =
                argument.hasPrefix("-") && !argument.hasPrefix("--") && argument.count > 2 && Double(argument) == nil
            return isOld ? "-" + argument : argument
        }
        await main(arguments)
    }

    /// Reports every mistake at once.
    func validate() throws {
        guard !explainConfig else { return }
        do throws(ConfigurationErrors) {
            _ = try AgentSettings(try values(), ProcessInfo.processInfo.environment)
        } catch {
            throw ValidationError(error.description)
        }
    }

    func run() async throws {
        let values = explainConfig ? nil : try values()
        guard let values, !checkConfig else {
            throw CleanExit.message(values?.dump() ?? AgentSchema.schema.documentation())
        }
        let settings = try AgentSettings(values, ProcessInfo.processInfo.environment)
        let level = settings.string("log_level").flatMap { Logger.Level(rawValue: $0) } ?? .info
        LoggingSystem.bootstrap { JSONLogHandler(label: $0, level: level) }
        var logger = Logger(label: "navarch-agent")
        let node = settings.string("node_id") ?? LinuxHost().facts().metadata.hostname
        logger[metadataKey: "node_id"] = "\(node)"
        do {
            try await start(node, settings, logger)
        } catch {
            logger.critical("agent failed", metadata: ["error": "\(error)"])
            throw ExitCode.failure
        }
    }

    private func values() throws(ConfigurationErrors) -> ConfigurationValues {
        let environment = ProcessInfo.processInfo.environment
        return try AgentSchema.schema.load(
            path: config ?? environment["NAVARCH_AGENT_CONFIG"].flatMap { $0.isEmpty ? nil : $0 },
            environment: environment,
            flags: [
                "server": server.isEmpty ? nil : server.joined(separator: ","), "node_id": nodeID,
                "state_dir": stateDir,
                "provider": provider, "region": region, "zone": zone, "instance_type": instanceType, "pool": pool,
                "labels": label.isEmpty ? nil : label.joined(separator: ","), "auth_token": authToken,
                "auth_token_file": authTokenFile, "fake_gpus": fakeGpus, "expect_gpus": expectGpus,
                "diagnostics_dir": diagnosticsDir, "drain_hook": drainHook, "shutdown_command": shutdownCommand,
                "log_level": logLevel,
            ])
    }

    private func start(_ node: String, _ settings: AgentSettings, _ logger: Logger) async throws {
        let directory = try StateDirectory(path: settings.stateDirectory)
        let journal = try Journal(storage: try directory.journalStorage())
        if journal.wasDamaged {
            logger.error("the journal was damaged and a new one was begun", metadata: ["journal": "\(journal.id)"])
        }
        let servers = settings.servers
        var client = ClientConfiguration(servers: servers, token: settings.token, product: "navarch-agent")
        client.balancing = .shuffled
        client.node = node
        client.timeout = .seconds(15)
        let rpc = try client.makeRPCClient(logger: logger)
        var executor = HostExecutorConfiguration(nodeID: node, stateDirectory: directory.path)
        executor.servers = servers
        executor.diagnosticsDirectory = settings.string("diagnostics_dir")
        executor.drainHook = settings.string("drain_hook")
        executor.shutdownCommand = settings.string("shutdown_command")
        let gpus: any GPUProbe = settings.fakeGPUs.map { FakeGPUProbe(count: $0, idPrefix: node) } ?? NVMLProbe()
        let session = AgentSession(
            configuration: settings.sessionConfiguration(node), client: AgentClient(rpc), journal: journal,
            host: LinuxHost(),
            gpus: gpus,
            executor: HostExecutor(executor), stateDirectory: directory.path, logger: logger)
        logger.info(
            "starting",
            metadata: ["version": "\(BuildInfo.version)", "servers": "\(servers)", "journal": "\(journal.id)"])
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(
                        service: AgentService(session: session, logger: logger),
                        successTerminationBehavior: .gracefullyShutdownGroup)
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
        await rpc.shutdown()
        logger.info("ended")
    }
}
