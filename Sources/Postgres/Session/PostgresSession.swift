// SPDX-License-Identifier: MIT
import CoreMetrics
import Locks
import Logging

/// One connection of one's own, straight to the server: for LISTEN, session advisory locks and settings (C6).
///
/// It is never made again: when it dies, everything that belonged to it is gone, and the holder has to know.
public final class PostgresSession: Sendable {
    /// What LISTEN brings, in the order of arrival, for one reader; ends when the connection does. A slow reader loses the
    /// oldest: a notification only says "look again".
    public let notifications: AsyncStream<PostgresNotification>
    private let engine: Engine

    private init(engine: Engine, notifications: AsyncStream<PostgresNotification>) {
        self.engine = engine
        self.notifications = notifications
    }

    /// Connects, runs `body`, and closes the connection when it ends.
    /// - Throws: `PostgresError` when no connection can be made at the first try; else what `body` throws.
    public static func withSession<R>(
        _ configuration: PostgresConfiguration, logger: Logger, isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresSession) async throws -> R
    ) async throws -> R {
        let (stream, continuation) = AsyncStream.makeStream(
            of: PostgresNotification.self, bufferingPolicy: .bufferingNewest(configuration.notificationBuffer))
        let first = FirstConnection()
        let engine = Engine(
            configuration, isSession: true, logger: logger, metrics: NOOPMetricsHandler.instance,
            onNotification: { continuation.yield($0) },
            onFirstConnection: { first.settle($0) })
        engine.whenEnded { continuation.finish() }
        engine.start()
        do {
            try await withTaskCancellationHandler {
                try await first.wait()
            } onCancel: {
                engine.post(.shutDown)
            }
            let result = try await body(PostgresSession(engine: engine, notifications: stream))
            await engine.end()
            return result
        } catch {
            await engine.end()
            throw error
        }
    }

    /// Runs one statement; statements run in the order in which they are submitted. An overdue one ends the session.
    public func query(
        _ statement: PostgresStatement, deadline: Duration? = nil
    ) async throws(PostgresError) -> PostgresRows {
        try await unit([statement], deadline: deadline)[0]
    }

    /// Runs statements as one transaction, sent at once. An overdue one ends the session.
    public func unit(
        _ statements: [PostgresStatement], deadline: Duration? = nil
    ) async throws(PostgresError) -> [PostgresRows] {
        try await engine.perform(try engine.unit(statements, share: .general, deadline: deadline))
    }

    /// Whether the connection still stands, as far as is known.
    public var isOpen: Bool { engine.counters.status.withLock { $0.connected == 1 } }

    /// Waits for the end of the connection.
    /// - Throws: `CancellationError` when the task is cancelled first.
    public func waitUntilClosed() async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        engine.whenEnded { continuation.finish() }
        for await _ in stream {}
        try Task.checkCancellation()
    }
}

/// The verdict on a session's only try to connect, for one waiter.
private final class FirstConnection: Sendable {
    private struct State {
        var verdict: Result<Void, any Error>?
        var waiter: CheckedContinuation<Void, any Error>?
    }

    private let state = Mutex(State())

    func settle(_ error: PostgresError?) {
        let verdict: Result<Void, any Error> = error.map { .failure($0) } ?? .success(())
        let waiter = state.withLock { state in
            state.verdict = verdict
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(with: verdict)
    }

    func wait() async throws {
        try await withCheckedThrowingContinuation { continuation in
            let verdict = state.withLock { state in
                if state.verdict == nil { state.waiter = continuation }
                return state.verdict
            }
            if let verdict { continuation.resume(with: verdict) }
        }
    }
}
