// SPDX-License-Identifier: MIT

/// Runs `body` now and then once every `interval` until the task is cancelled or `body` throws; a slow body delays the next round instead of
/// piling rounds up.
func every(_ interval: Duration, on clock: any Clock<Duration>, _ body: () async throws -> Void) async throws {
    while true {
        try await body()
        try await clock.sleep(for: interval)
    }
}
