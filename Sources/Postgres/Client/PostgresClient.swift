// SPDX-License-Identifier: MIT
import CoreMetrics
import Locks
import Logging
import ServiceLifecycle
import Tracing

/// A pool of pipelined connections: many tasks share a few of them.
///
/// Works directly and through a pooler in transaction mode. `run()` must be running for queries to be answered; one that is
/// submitted earlier waits, up to its deadline.
public final class PostgresClient: Service, Sendable {
    let engine: Engine

    /// A client that is not connected yet.
    /// - Parameters:
    ///   - metrics: counts failures (`postgres_unit_failures_total` by kind and outcome) and measures waits and answers
    ///     (`postgres_unit_wait_seconds`, `postgres_unit_answer_seconds`).
    ///   - tracer: gets a span for each unit that a task waits for, named after its first statement.
    public init(
        _ configuration: PostgresConfiguration, logger: Logger, metrics: any MetricsFactory = MetricsSystem.factory,
        tracer: any Tracer = InstrumentationSystem.tracer
    ) {
        engine = Engine(configuration, isSession: false, logger: logger, metrics: metrics, tracer: tracer)
    }

    deinit { engine.post(.shutDown) }

    /// Runs `body` with a client that lives as long as it does.
    public static func withClient<R>(
        _ configuration: PostgresConfiguration, logger: Logger, metrics: any MetricsFactory = MetricsSystem.factory,
        tracer: any Tracer = InstrumentationSystem.tracer, isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresClient) async throws -> R
    ) async throws -> R {
        let client = PostgresClient(configuration, logger: logger, metrics: metrics, tracer: tracer)
        _ = try configuration.parameters()
        client.engine.start()
        do {
            let result = try await body(client)
            await client.engine.end()
            return result
        } catch {
            await client.engine.end()
            throw error
        }
    }

    /// Connects and stays connected until a graceful shutdown or cancellation; then finishes what is on its way, within the
    /// configured time.
    /// - Throws: `PostgresError` when the conninfo cannot be read. A server that is away is waited for.
    public func run() async throws {
        _ = try engine.configuration.parameters()
        engine.start()
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await self.engine.ended()
            } onGracefulShutdown: {
                self.engine.post(.shutDown)
            }
        } onCancel: {
            self.engine.post(.shutDown)
        }
    }

    /// Runs one statement in a transaction of its own.
    /// - Throws: its `outcome` says whether the statement took effect.
    public func query(
        _ statement: PostgresStatement, share: PostgresShare = .general, deadline: Duration? = nil
    ) async throws(PostgresError) -> PostgresRows {
        try await unit([statement], share: share, deadline: deadline)[0]
    }

    /// Runs statements as one transaction, sent at once under one Sync: all of them take effect or none (C5).
    ///
    /// BEGIN and COMMIT must not be among them: on a shared connection they would change the meaning of a neighbour's unit.
    /// - Returns: the rows of each statement, in order.
    /// - Throws: the group's first error; its `outcome` says whether the unit took effect.
    public func unit(
        _ statements: [PostgresStatement], share: PostgresShare = .general, deadline: Duration? = nil
    ) async throws(PostgresError) -> [PostgresRows] {
        try await engine.perform(try engine.unit(statements, share: share, deadline: deadline))
    }

    /// The same without a task: `completion` is called once, on the reactor's thread, which must not be held up.
    public func submit(
        _ statements: [PostgresStatement], share: PostgresShare = .general, deadline: Duration? = nil,
        completion: @escaping @Sendable (Result<[PostgresRows], PostgresError>) -> Void
    ) {
        do {
            let unit = try engine.unit(statements, share: share, deadline: deadline)
            unit.completion = completion
            engine.post(.submit(unit))
        } catch {
            completion(.failure(error))
        }
    }

    /// How the pool fares now.
    public var status: PostgresPoolStatus { engine.counters.status.withLock { $0 } }
}

extension Engine {
    /// Waits until the thread is done.
    func ended() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            whenEnded { continuation.resume() }
        }
    }

    /// Ends a started engine and waits for it.
    func end() async {
        post(.shutDown)
        await ended()
    }
}
