// SPDX-License-Identifier: MIT
import ConnectServer
import Foundation
import Logging
import NIOCore
import NIOEmbedded
import NavarchControl
import NavarchModel
import NavarchServer
import NavarchStore
import NavarchTestSupport
import Telemetry

/// One replica as it is shipped, but for two things: its connections are fed by hand, and its store answers from memory.
final class FuzzReplica {
    private let executor = InlineExecutor()
    private let watch = CallWatch()
    private let server: SocketlessServer
    /// The parent of the services and of all handlers; ends with the program.
    private let tasks: Task<Void, Never>

    /// The longest message that it takes: small, so that the limit is often passed.
    static let maxMessageBytes = 48 << 10

    init() throws {
        let watch = watch
        let logger = Logger(label: "fuzz") { _ in WatchingLog(watch: watch) }
        let replica = Replica(
            id: ReplicaID(UUID()), region: "test", address: "127.0.0.1:0", version: "0.0.0", schemaMin: 1,
            schemaMax: 10_000)
        let control = try ControlPlane(
            stores: Stores(FuzzStore()), replica: replica, settings: ControlSettings(), clock: ManualClock(),
            logger: logger)
        let metrics = PrometheusRegistry()
        let surface = NavarchSurface(
            control: control, metrics: metrics, exposition: { metrics.render() }, logger: logger)
        var configuration = ConnectServerConfiguration()
        configuration.limits.maxMessageBytes = Self.maxMessageBytes
        let server = SocketlessServer(
            configuration, router: surface.router, interceptors: [watch] + surface.interceptors, logger: logger)
        self.server = server
        tasks = Task(executorPreference: executor) {
            await withDiscardingTaskGroup { group in
                group.addTask { await server.runHandlers() }
                for service in control.services {
                    // They end with the program; a service that gives up is not asked about here.
                    group.addTask { try? await service.run() }
                }
            }
        }
        while executor.runUntilIdle() {}
    }

    deinit {
        tasks.cancel()
        while executor.runUntilIdle() {}
    }

    /// What came back over a connection.
    struct Answer {
        /// All bytes, as far as they were bytes.
        var bytes: [UInt8] = []
        /// Whether the server closed the connection by itself.
        var isClosed = false
    }

    /// Sends `pieces` over a connection of their own, then closes it.
    func exchange(_ pieces: [[UInt8]]) throws -> Answer {
        let channel = EmbeddedChannel()
        let isSetUp = server.configure(channel)
        try isSetUp.wait()
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        for piece in pieces where channel.isActive {
            do {
                try channel.writeInbound(ByteBuffer(bytes: piece))
            } catch {
                // Errors that reach the end of the pipeline: the connection's handlers have closed it or will.
            }
            try settle(channel)
        }
        var answer = Answer()
        answer.isClosed = !channel.isActive
        answer.bytes = Self.outbound(of: channel)
        channel.close(promise: nil)
        try settle(channel)
        // Fails only where the channel was closed by an error, which the answer says already.
        _ = try? channel.finish(acceptAlreadyClosed: true)
        try settle(channel)
        let findings = watch.takeFindings()
        try require(findings.isEmpty, findings.joined(separator: "\n"))
        return answer
    }

    private static func outbound(of channel: EmbeddedChannel) -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            while let part = try channel.readOutbound(as: ByteBuffer.self) { bytes += part.readableBytesView }
        } catch {
            return bytes  // HTTP/2 writes another type, which nobody reads here
        }
        return bytes
    }

    /// Runs event loop and tasks until neither has anything to do.
    private func settle(_ channel: EmbeddedChannel) throws {
        channel.embeddedEventLoop.run()
        for _ in 0..<100_000 {
            guard executor.runUntilIdle() else { return }
            channel.embeddedEventLoop.run()
        }
        throw Violation("the replica never comes to rest")
    }
}
