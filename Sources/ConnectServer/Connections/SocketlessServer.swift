// SPDX-License-Identifier: MIT
import Logging
import NIOCore

/// A server without a socket: it serves channels that somebody else made and feeds. For the fuzzer, which is to reach the real
/// handlers of a connection thousands of times a second.
package struct SocketlessServer: Sendable {
    private let core: ServerCore

    /// As ``ConnectServer/init(_:router:interceptors:logger:)``.
    package init(
        _ configuration: ConnectServerConfiguration, router: RPCRouter, interceptors: [any ServerInterceptor] = [],
        logger: Logger
    ) {
        core = ServerCore(configuration, router: router, interceptors: interceptors, logger: logger)
    }

    /// Sets a new connection up, as a listening server does.
    package func configure(_ channel: any Channel) -> EventLoopFuture<Void> {
        ConnectionPipeline(core: core).configure(channel)
    }

    /// Runs the tasks of handlers until it is cancelled.
    package func runHandlers() async {
        await withDiscardingTaskGroup { group in
            for await job in core.jobs.stream { group.addTask(operation: job) }
        }
    }
}
