// SPDX-License-Identifier: MIT

import Dispatch
import Foundation

/// Ctrl-C as a stream, from the moment it is asked for.
enum Interruptions {
    /// Yields each SIGINT and SIGTERM of this process, which then no longer end it.
    static func ofProcess() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        // Dispatch's sources may be cancelled from any thread; the module only does not say so.
        nonisolated(unsafe) let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { continuation.yield() }
            source.resume()
            return source
        }
        continuation.onTermination = { _ in sources.forEach { $0.cancel() } }
        return stream
    }

    /// Runs `work` until it is done, `timeout` is over or the user interrupts, whichever is first; the rest is cancelled.
    static func race<Value: Sendable>(
        _ interruptions: AsyncStream<Void>, timeout: Duration?, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Ending<Value> {
        try await withThrowingTaskGroup(of: Ending<Value>.self) { group in
            group.addTask { .finished(try await work()) }
            group.addTask {
                for await _ in interruptions { return .interrupted }
                // Only a cancelled race gets here: nobody reads what it returns.
                return .interrupted
            }
            if let timeout {
                group.addTask {
                    try await Task.sleep(for: timeout)
                    return .timedOut
                }
            }
            defer { group.cancelAll() }
            return try await group.next() ?? .timedOut
        }
    }

    /// How a race ended.
    enum Ending<Value: Sendable>: Sendable {
        /// The work was done.
        case finished(Value)
        /// The time was over first.
        case timedOut
        /// The user wanted to leave.
        case interrupted
    }
}
