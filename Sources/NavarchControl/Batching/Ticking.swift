// SPDX-License-Identifier: MIT
import ServiceLifecycle

/// Runs `body` now and then once every `interval` until the task is cancelled or `body` throws; a slow body delays the next round instead of
/// piling rounds up.
func every(_ interval: Duration, on clock: any Clock<Duration>, _ body: () async throws -> Void) async throws {
    while true {
        try await body()
        try await clock.sleep(for: interval)
    }
}

/// The same, until a graceful shutdown or cancellation, which both end it without an error: a service that throws would take the others down
/// with it, out of their order.
func everyUntilShutdown(
    _ interval: Duration, on clock: any Clock<Duration>, _ body: @escaping @Sendable () async throws -> Void
) async throws {
    do {
        try await cancelWhenGracefulShutdown { try await every(interval, on: clock, body) }
    } catch is CancellationError {
        return
    }
}
