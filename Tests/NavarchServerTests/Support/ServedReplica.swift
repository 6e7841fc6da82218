// SPDX-License-Identifier: MIT
import Connect
import ConnectClient
import ConnectServer
import FoundationEssentials
import Logging
import NavarchControl
import NavarchModel
import NavarchStore
import NavarchTestSupport
import Telemetry

@testable import NavarchServer

/// One replica that listens, in this process.
struct ServedReplica: Sendable {
    let control: ControlPlane
    let server: ConnectServer
    let metrics: PrometheusRegistry
    let baseURL: String

    /// A client of it, gone when `body` is.
    func withClient<R: Sendable>(
        _ rpcProtocol: RPCProtocol = .connect, _ codec: RPCCodec = .proto, headers: RPCMetadata = [:],
        _ body: (RPCClient) async throws -> R
    ) async throws -> R {
        var configuration = RPCClientConfiguration(baseURLs: [baseURL], protocol: rpcProtocol, codec: codec)
        configuration.headers = headers
        configuration.retry.maxAttempts = 1
        let client = try RPCClient(
            configuration, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        do {
            let result = try await body(client)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }
}

/// Serves `stores` for the time of `body`, the control plane's services running.
func withReplica<R: Sendable>(
    over stores: Stores, tokens: [String] = [],
    logger: Logger = Logger(label: "navarch-server-test", factory: { _ in SwiftLogNoOpLogHandler() }),
    _ body: @Sendable (ServedReplica) async throws -> R
) async throws -> R {
    let id = ReplicaID(UUID())
    let replica = Replica(
        id: id, region: "test", address: "127.0.0.1:0", version: "0.0.0", schemaMin: 1, schemaMax: 10_000)
    let control = try ControlPlane(stores: stores, replica: replica, settings: ControlSettings(), logger: logger)
    let metrics = PrometheusRegistry()
    let surface = NavarchSurface(
        control: control, tokens: tokens, metrics: metrics, exposition: { metrics.render() }, logger: logger)
    var configuration = ConnectServerConfiguration()
    configuration.eventLoopThreads = 1
    configuration.timers.shutdownGrace = .seconds(5)
    configuration.timers.streamGrace = .milliseconds(200)
    let server = ConnectServer(
        configuration, router: surface.router, interceptors: surface.interceptors, logger: logger)
    return try await withThrowingTaskGroup(of: R?.self) { group in
        for service in control.services {
            group.addTask {
                // The services end with the test; what a database in trouble does to them is not asked here.
                try? await service.run()
                return nil
            }
        }
        group.addTask {
            try await server.run()
            return nil
        }
        let address = try await server.boundAddress
        control.readiness.startedListening()
        defer { group.cancelAll() }
        return try await body(
            ServedReplica(control: control, server: server, metrics: metrics, baseURL: "http://\(address)"))
    }
}
