// SPDX-License-Identifier: MIT
import Connect
import Locks
import Logging
import NIOCore

/// What all connections of a server share.
final class ServerCore: Sendable {
    let configuration: ConnectServerConfiguration
    let router: RPCRouter
    let interceptors: [any ServerInterceptor]
    let logger: Logger
    let drain = DrainSignal(signal: OneShotSignal())
    let jobs = CallJobs()
    let connections: ConnectionRegistry
    let times: Times
    let tasks = RunningCalls()

    /// The times that every request needs, in the event loop's unit: converting them costs more than using them.
    struct Times: Sendable {
        let idle: TimeAmount
        let requestBody: TimeAmount

        init(_ timers: ConnectServerConfiguration.Timers) {
            idle = TimeAmount(timers.idle)
            requestBody = TimeAmount(timers.requestBody)
        }
    }

    init(
        _ configuration: ConnectServerConfiguration, router: RPCRouter, interceptors: [any ServerInterceptor],
        logger: Logger
    ) {
        self.configuration = configuration
        self.router = router
        self.interceptors = interceptors
        self.logger = logger
        times = Times(configuration.timers)
        connections = ConnectionRegistry(limit: configuration.limits.maxConnections)
    }
}

/// The streams in progress, so that a shutdown can end them.
final class RunningCalls: Sendable {
    private let calls = Mutex<[ObjectIdentifier: ServerCall]>([:])

    func add(_ call: ServerCall) { calls.withLock { $0[ObjectIdentifier(call)] = call } }

    func remove(_ call: ServerCall) { _ = calls.withLock { $0.removeValue(forKey: ObjectIdentifier(call)) } }

    /// Fails all that are there.
    func failAll(_ error: RPCError) {
        for call in calls.withLock({ Array($0.values) }) { call.eventLoop.execute { call.fail(error) } }
    }
}
