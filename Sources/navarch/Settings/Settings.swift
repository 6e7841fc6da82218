// SPDX-License-Identifier: MIT

import Connect
import NavarchClient

/// What holds for one run: each value from its option, else from the environment, else from the configuration file, else the
/// default.
struct Settings: Sendable, Equatable {
    /// Base URLs of the control plane.
    var servers: [String]
    /// Where the token comes from.
    var token: TokenSource
    /// For whom calls are made.
    var actor: String?
    /// The time of one call.
    var timeout: Duration
    /// When a wait or a watch is over, where a time for it was given.
    var deadline: ContinuousClock.Instant?
    /// How results are printed.
    var output: OutputFormat
    /// The protocol of calls.
    var rpcProtocol: RPCProtocol
    /// Whether any certificate will do.
    var insecure: Bool
    /// PEM file with the authorities to believe.
    var caFile: String?

    /// The time of one call when nobody says otherwise; the original's.
    static let defaultTimeout = Duration.seconds(30)

    /// Gathers the settings of a run.
    ///
    /// - Parameter waits: Whether the run waits or watches: then `--timeout` bounds all of it from here on, and single calls keep
    ///   their own time.
    /// - Throws: `Failure` when the configuration file or its mode is wrong, or a value is none that the control plane takes.
    init(_ connection: ConnectionOptions, _ output: OutputOptions, waits: Bool = false, in shell: Shell) throws {
        let file = try SettingsFile.load(connection.config, in: shell)
        let servers = connection.server ?? shell.variable("NAVARCH_SERVER")
        self.servers = servers.map(ServerAddress.list) ?? file.servers ?? [NavarchClient.defaultServer]
        if self.servers.isEmpty { throw Failure(.usage, "--server names no server") }
        token = Self.token(connection, file, shell)
        actor = connection.actor ?? shell.variable("NAVARCH_ACTOR") ?? file.actor ?? shell.identity
        if let actor, !ActorName.isValid(actor) {
            throw Failure(.usage, "--actor: \"\(Table.printable(actor))\" is not \(ActorName.accepted)")
        }
        let bound = connection.timeout?.duration
        timeout = (waits ? nil : bound) ?? file.timeout ?? Self.defaultTimeout
        deadline = waits ? bound.map { ContinuousClock.now + $0 } : nil
        self.output = output.output ?? file.output ?? .table
        let name = connection.protocolName ?? file.protocolName ?? .connect
        rpcProtocol = name == .grpc ? .grpc : .connect
        insecure = connection.insecure || file.insecure ?? false
        caFile = connection.caFile ?? file.caFile
    }

    /// What is left of the time of a wait or a watch; nil: it ends by itself.
    var timeLeft: Duration? { deadline.map { max(.zero, ContinuousClock.now.duration(to: $0)) } }

    private static func token(_ connection: ConnectionOptions, _ file: SettingsFile, _ shell: Shell) -> TokenSource {
        if let token = connection.authToken { return token.isEmpty ? .none : .literal(token) }
        if let path = connection.authTokenFile { return .file(path: path) }
        if let token = shell.variable("NAVARCH_AUTH_TOKEN") { return .literal(token) }
        if let path = shell.variable("NAVARCH_AUTH_TOKEN_FILE") { return .file(path: path) }
        if let token = file.authToken { return .literal(token) }
        if let path = file.authTokenFile { return .file(path: path) }
        return .none
    }

    /// Runs `body` with a client for these settings, and closes its connections behind it.
    ///
    /// - Throws: `Failure` when the settings make no client, and what `body` throws.
    func withClient<Result>(_ body: (OperatorClient) async throws -> Result) async throws -> Result {
        var configuration = ClientConfiguration(servers: servers, token: token, product: "navarch")
        configuration.actor = actor
        configuration.timeout = timeout
        configuration.rpcProtocol = rpcProtocol
        if let caFile { configuration.tls.trust = .file(caFile) }
        if insecure { configuration.tls.trust = .anybody }
        do {
            let rpc = try configuration.makeRPCClient()
            do {
                let result = try await body(OperatorClient(rpc))
                await rpc.shutdown()
                return result
            } catch {
                await rpc.shutdown()
                throw error
            }
        } catch let error as RPCError {
            throw Failure(.usage, error.message)
        }
    }
}
