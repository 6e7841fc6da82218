// SPDX-License-Identifier: MIT
import ArgumentParser
import BuildInfo
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

    @Option(help: "Control plane's URL; may be repeated, or hold several joined by commas. Also NAVARCH_SERVER.")
    var server: [String] = []
    @Option(help: "Name of this node; default: the host's name.")
    var nodeID: String?
    @Option(help: "Directory of the journal, one for each agent of a host.")
    var stateDir: String?
    @Option(help: "Cloud or site.")
    var provider = "gcp"
    @Option(help: "Region of the provider.")
    var region = ""
    @Option(help: "Zone of the region.")
    var zone = ""
    @Option(help: "The provider's name for the machine's shape.")
    var instanceType = ""
    @Option(help: "Pool; becomes the label pool.")
    var pool = ""
    @Option(help: "A label, KEY=VALUE; may be repeated.")
    var label: [String] = []
    @Option(help: "Bearer token; others can read it in the process list, so prefer a file. Also NAVARCH_AUTH_TOKEN.")
    var authToken: String?
    @Option(help: "File whose first line is the bearer token; read again at every call.")
    var authTokenFile: String?
    @Option(help: "Pretend to have this many GPUs, each labelled fake.")
    var fakeGpus: Int?
    @Option(help: "Unhealthy with fewer GPUs than this.")
    var expectGpus: Int?
    @Option(help: "Directory of executables that run_diagnostic may run by name, at most once each.")
    var diagnosticsDir: String?
    @Option(help: "Shell command that drains the node.")
    var drainHook: String?
    @Option(help: "Shell command that shuts the host down, for terminate.")
    var shutdownCommand: String?
    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = "info"

    /// The original's flags had one dash (`-node-id x`, `-server=y`); they keep working.
    static func main() async {
        let arguments = CommandLine.arguments.dropFirst().map { argument in
            let isOld =
                argument.hasPrefix("-") && !argument.hasPrefix("--") && argument.count > 2 && Double(argument) == nil
            return isOld ? "-" + argument : argument
        }
        await main(arguments)
    }

    func validate() throws {
        if Logger.Level(rawValue: logLevel) == nil {
            throw ValidationError("--log-level: \(logLevel) is none of \(Logger.Level.allCases.map(\.rawValue))")
        }
        if let fakeGpus, !(0...1_024).contains(fakeGpus) {
            throw ValidationError("--fake-gpus: \(fakeGpus) is not between 0 and 1024")
        }
        if authToken != nil && authTokenFile != nil {
            throw ValidationError("--auth-token and --auth-token-file exclude each other")
        }
        for one in label where !one.dropFirst().contains("=") || one.hasPrefix("=") {
            throw ValidationError("--label: \(one) is not KEY=VALUE")
        }
        if let nodeID, nodeID.isEmpty { throw ValidationError("--node-id: a node needs a name") }
    }

    func run() async throws {
        let level = Logger.Level(rawValue: logLevel) ?? .info
        LoggingSystem.bootstrap { JSONLogHandler(label: $0, level: level) }
        var logger = Logger(label: "navarch-agent")
        let node = nodeID ?? LinuxHost().facts().metadata.hostname
        logger[metadataKey: "node_id"] = "\(node)"
        do {
            try await start(node, logger)
        } catch {
            logger.critical("agent failed", metadata: ["error": "\(error)"])
            throw ExitCode.failure
        }
    }

    private func start(_ node: String, _ logger: Logger) async throws {
        let directory = try StateDirectory(path: stateDir ?? Self.defaultStateDirectory)
        let journal = try Journal(storage: try directory.journalStorage())
        if journal.wasDamaged {
            logger.error("the journal was damaged and a new one was begun", metadata: ["journal": "\(journal.id)"])
        }
        let servers = serverURLs
        var client = ClientConfiguration(servers: servers, token: token, product: "navarch-agent")
        client.balancing = .shuffled
        client.timeout = .seconds(15)
        let rpc = try client.makeRPCClient(logger: logger)
        var executor = HostExecutorConfiguration(nodeID: node, stateDirectory: directory.path)
        executor.servers = servers
        executor.diagnosticsDirectory = diagnosticsDir
        executor.drainHook = drainHook
        executor.shutdownCommand = shutdownCommand
        let gpus: any GPUProbe = fakeGpus.map { FakeGPUProbe(count: $0, idPrefix: node) } ?? NVMLProbe()
        let session = AgentSession(
            configuration: sessionConfiguration(node), client: AgentClient(rpc), journal: journal, host: LinuxHost(),
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

    private func sessionConfiguration(_ node: String) -> AgentConfiguration {
        var configuration = AgentConfiguration(nodeID: node)
        configuration.provider = provider
        configuration.region = region
        configuration.zone = zone
        configuration.instanceType = instanceType
        configuration.version = BuildInfo.version
        configuration.expectedGPUs = expectGpus ?? fakeGpus
        for one in label {
            let parts = one.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            configuration.labels[String(parts[0])] = String(parts[1])
        }
        if !pool.isEmpty { configuration.labels["pool"] = pool }
        return configuration
    }

    private var serverURLs: [String] {
        let told =
            server.isEmpty
            ? [ProcessInfo.processInfo.environment["NAVARCH_SERVER"] ?? NavarchClient.defaultServer] : server
        return told.flatMap { ServerAddress.list($0) }.map { ServerAddress.withScheme($0) }
    }

    private var token: TokenSource {
        if let authTokenFile { return .file(path: authTokenFile) }
        if let token = authToken ?? ProcessInfo.processInfo.environment["NAVARCH_AUTH_TOKEN"], !token.isEmpty {
            return .literal(token)
        }
        return .none
    }

    private static var defaultStateDirectory: String {
        if geteuid() == 0 { return "/var/lib/navarch-agent" }
        let home = ProcessInfo.processInfo.environment["XDG_STATE_HOME"] ?? NSHomeDirectory() + "/.local/state"
        return home + "/navarch-agent"
    }
}
