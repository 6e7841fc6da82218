// SPDX-License-Identifier: MIT
import Connect
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Serves Connect, gRPC, gRPC-Web and plain HTTP on one port, over HTTP/1.1 and HTTP/2.
///
/// This module never decides what a call means: it brings messages to handlers and answers back. It holds no state of
/// any call once its answer is out.
///
/// `run()` listens, and is the parent of all tasks that handlers run in. A graceful shutdown takes these steps: the drain
/// begins (HTTP/2 clients get GOAWAY, HTTP/1.1 clients `connection: close`, streams learn it from `CallContext.drain`),
/// the port is closed, streams end after `streamGrace`, calls in flight after `shutdownGrace`, and `run()` returns.
/// Cancelling `run()` closes everything at once.
public final class ConnectServer: Service {
    /// Where a server listens.
    public struct Address: Sendable, Equatable, CustomStringConvertible {
        /// The host, as bound.
        public let host: String
        /// The port, never 0.
        public let port: Int
        /// `host:port`.
        public var description: String { "\(host):\(port)" }
    }

    private let core: ServerCore
    private let listening = OneShotValue<Result<Address, any Error>>()
    private let stop = OneShotSignal()

    /// A server that will answer what `router` knows, every call passing `interceptors` in their order.
    public init(
        _ configuration: ConnectServerConfiguration, router: RPCRouter, interceptors: [any ServerInterceptor] = [],
        logger: Logger
    ) {
        core = ServerCore(configuration, router: router, interceptors: interceptors, logger: logger)
    }

    /// Where the server listens; waits until it does.
    /// - Throws: why it could not listen, or `CancellationError`.
    public var boundAddress: Address {
        get async throws { try await listening.value().get() }
    }

    /// How many connections are open.
    public var connectionCount: Int { core.connections.count }

    /// True once a drain began.
    public var isDraining: Bool { core.drain.isDraining }

    /// Begins the drain while the port stays open, so that balancers notice before connections are refused: HTTP/2 clients
    /// get GOAWAY, the next answer of each HTTP/1.1 connection is its last, handlers learn it from `CallContext.drain`.
    public func beginDrain() {
        if core.drain.signal.fire() { core.connections.announce(.drain) }
    }

    /// Serves until a graceful shutdown or cancellation.
    /// - Throws: when the address cannot be bound.
    public func run() async throws {
        let group = MultiThreadedEventLoopGroup(
            numberOfThreads: core.configuration.eventLoopThreads ?? max(1, System.coreCount / 2))
        do {
            let channel = try await bind(group)
            listening.set(.success(address(of: channel)))
            await serve(channel)
        } catch {
            listening.set(.failure(error))
            // The group has no work left; why it would not stop is of less interest than why we could not listen.
            try? await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
    }

    private func bind(_ group: MultiThreadedEventLoopGroup) async throws -> any Channel {
        let pipeline = ConnectionPipeline(core: core)
        let keepalive = core.configuration.timers.keepalive
        return try await ServerBootstrap(group: group)
            .serverChannelOption(ChannelOptions.backlog, value: 1024)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(ChannelOptions.socketOption(.so_keepalive), value: 1)
            .childChannelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(ChannelOptions.tcpOption(.keepaliveIdle), value: Self.seconds(keepalive))
            .childChannelOption(ChannelOptions.tcpOption(.keepaliveInterval), value: Self.seconds(keepalive / 4))
            .childChannelOption(ChannelOptions.tcpOption(.keepaliveCount), value: 3)
            .childChannelInitializer { pipeline.configure($0) }
            .bind(host: core.configuration.host, port: core.configuration.port)
            .get()
    }

    private static func seconds(_ duration: Duration) -> Int { Int(clamping: max(1, duration.components.seconds)) }

    private func address(of channel: any Channel) -> Address {
        Address(host: core.configuration.host, port: channel.localAddress?.port ?? core.configuration.port)
    }

    /// Runs the tasks of handlers until the shutdown is through.
    private func serve(_ channel: any Channel) async {
        await withTaskCancellationOrGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.shutDownWhenTold(channel) }
                for await job in core.jobs.stream { group.addTask(operation: job) }
            }
        } onCancelOrGracefulShutdown: {
            self.stop.fire()
        }
    }

    private func shutDownWhenTold(_ listener: any Channel) async {
        await stop.wait()
        beginDrain()
        // Closing a listening socket fails only when it is closed already.
        try? await listener.close()
        core.connections.announce(.shutdown)
        let timers = core.configuration.timers
        if await !connectionsEnd(within: timers.streamGrace) {
            core.tasks.failAll(RPCError(.unavailable, "the server is shutting down"))
            if await !connectionsEnd(within: timers.shutdownGrace) { core.connections.closeAll() }
        }
        core.jobs.finish()
    }

    /// Waits until the last connection is closed; false when that takes longer, or when `run()` is cancelled.
    private func connectionsEnd(within time: Duration) async -> Bool {
        await withTaskGroup { group in
            group.addTask { await self.core.connections.empty.wait() }
            // Cancelled when the connections end first.
            group.addTask { try? await Task.sleep(for: time) }
            await group.next()
            group.cancelAll()
            return core.connections.empty.isFired
        }
    }
}
