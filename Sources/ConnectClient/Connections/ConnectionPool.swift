// SPDX-License-Identifier: MIT

import Connect
import Locks
import Logging
import NIOCore

/// The connections to one endpoint: makes them when calls ask, lends them, closes those that nobody uses.
final class ConnectionPool: Sendable {
    private typealias Outcome = Result<Connection, CallFailure>
    private typealias Waiter = CheckedContinuation<Outcome, Never>
    private typealias Pool = ConnectionPoolState<Connection, Waiter>

    private struct State {
        var pool: Pool
        var lastID = 0
    }

    /// Where its connections go to.
    let endpoint: Endpoint
    private let connector: Connector
    private let idleTimeout: TimeAmount
    private let logger: Logger
    private let state: Mutex<State>

    /// A pool without connections.
    init(_ endpoint: Endpoint, connector: Connector, configuration: RPCClientConfiguration, logger: Logger) {
        self.endpoint = endpoint
        self.connector = connector
        self.logger = logger
        idleTimeout = TimeAmount(configuration.idleTimeout)
        // A hundred streams is what nearly every HTTP/2 server allows at least.
        let expected = configuration.httpVersion == .http2 ? 100 : 1
        let pool = Pool(maxConnections: max(1, configuration.maxConnectionsPerURL), expectedCapacity: expected)
        state = Mutex(State(pool: pool))
    }

    /// Lends a connection with room for one call, making it when needed. An ``Exchange`` gives it back.
    ///
    /// - Throws: When none could be made, the deadline passed, the task was cancelled, or the client is shut down.
    func lease(deadline: NIODeadline?) async throws(CallFailure) -> Connection {
        if let connection = state.withLock({ $0.pool.lease() }) { return connection }
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let timer = deadline.map { deadline in
            connector.group.any().scheduleTask(deadline: deadline) { [weak self] in
                self?.abandon(id, .deadline("before there was a connection to \(self?.endpoint.description ?? "")"))
            }
        }
        defer { timer?.cancel() }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { wait($0, id: id) }
        } onCancel: {
            abandon(id, .canceled)
        }
        return try outcome.get()
    }

    /// A call has left its connection.
    func release(_ id: Int, isReusable: Bool) {
        guard isReusable else { return retire(id) }
        serve(state.withLock { $0.pool.release(id, at: .now()) })
    }

    /// Lends a connection no more.
    func retire(_ id: Int) { connect(state.withLock { $0.pool.retire(id) }) }

    /// Fails those who wait, closes all connections, and waits until they are closed.
    func shutDown() async {
        let (waiters, connections) = state.withLock { $0.pool.shutDown() }
        for waiter in waiters { waiter.resume(returning: .failure(.shutDown)) }
        for connection in connections { connection.channel.close(promise: nil) }
        for connection in connections {
            // The close future never fails.
            try? await connection.channel.closeFuture.get()
        }
    }

    private func wait(_ waiter: Waiter, id: Int) {
        let (immediate, connects) = state.withLock { state -> (Outcome?, Int) in
            if state.pool.isShutDown { return (.failure(.shutDown), 0) }
            if let connection = state.pool.lease() { return (.success(connection), 0) }
            return (nil, state.pool.enqueue(waiter, id: id))
        }
        if let immediate { return waiter.resume(returning: immediate) }
        connect(connects)
        // A cancel that came before the call was waiting found nothing to abandon.
        if Task.isCancelled { abandon(id, .canceled) }
    }

    private func abandon(_ id: Int, _ failure: CallFailure) {
        state.withLock { $0.pool.abandon(id) }?.resume(returning: .failure(failure))
    }

    private func serve(_ grants: [(waiter: Waiter, handle: Connection)]) {
        for grant in grants { grant.waiter.resume(returning: .success(grant.handle)) }
    }

    private func connect(_ count: Int) {
        for _ in 0..<count {
            let id = state.withLock { state in
                state.lastID += 1
                return state.lastID
            }
            connector.connect(to: endpoint, as: id, for: self).whenComplete { result in
                switch result {
                case .success(let (connection, capacity)): self.connected(connection, capacity: capacity)
                case .failure(let error): self.connectFailed(error)
                }
            }
        }
    }

    private func connected(_ connection: Connection, capacity: Int) {
        logger.debug("connected", metadata: ["endpoint": "\(endpoint)", "connection": "\(connection.id)"])
        let id = connection.id
        let (outcome, isWanted) = state.withLock { state in
            let outcome = state.pool.connected(id, connection, capacity: capacity, at: .now())
            return (outcome, !state.pool.isShutDown)
        }
        guard isWanted else { return connection.channel.close(promise: nil) }
        connection.channel.closeFuture.whenComplete { _ in self.retire(id) }
        closeWhenIdle(connection.channel)
        serve(outcome.grants)
        connect(outcome.connects)
    }

    private func connectFailed(_ error: any Error) {
        let failure = CallFailure.connect(endpoint, Connector.reason(error))
        logger.debug("not connected", metadata: ["endpoint": "\(endpoint)", "error": "\(failure.error.message)"])
        let (failed, connects) = state.withLock { $0.pool.connectFailed() }
        for waiter in failed { waiter.resume(returning: .failure(failure)) }
        connect(connects)
    }

    private func closeWhenIdle(_ channel: any Channel) {
        // Half the timeout between looks: a connection lives idle for at most half as long again.
        let pause = max(.milliseconds(10), TimeAmount.nanoseconds(idleTimeout.nanoseconds / 2))
        let sweep = channel.eventLoop.scheduleRepeatedTask(initialDelay: pause, delay: pause) { _ in
            let idle = self.state.withLock { $0.pool.removeIdle(since: .now() - self.idleTimeout) }
            for connection in idle { connection.channel.close(promise: nil) }
        }
        channel.closeFuture.whenComplete { _ in sweep.cancel() }
    }

    /// The server allows another number of calls on a connection.
    func setCapacity(_ capacity: Int, of id: Int) { serve(state.withLock { $0.pool.setCapacity(capacity, of: id) }) }
}
