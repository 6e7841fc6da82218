// SPDX-License-Identifier: MIT

/// What `eventually` throws when its condition did not come true in time.
public struct NotEventually: Error, CustomStringConvertible {
    /// How long was waited.
    public let waited: Duration
    /// What was waited for, if the caller said so.
    public let what: String
    /// The error of the last try, if the condition threw.
    public let lastError: (any Error)?

    /// One line for the test's log.
    public var description: String {
        let cause = lastError.map { "; last error: \($0)" } ?? ""
        return "not \(what) within \(waited)\(cause)"
    }
}

/// Waits until `condition` holds, looking every `interval`; the one place where a test waits for something outside it.
///
/// A condition that throws counts as not yet true; its last error is told when time is up.
/// - Throws: `NotEventually` when it did not hold `within` the time; `CancellationError` when the task was cancelled.
public func eventually(
    within timeout: Duration = .seconds(10), every interval: Duration = .milliseconds(10), _ what: String = "true",
    isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: timeout)
    var lastError: (any Error)?
    while true {
        do {
            if try await condition() { return }
            lastError = nil
        } catch {
            lastError = error
        }
        if clock.now >= end { throw NotEventually(waited: timeout, what: what, lastError: lastError) }
        try await clock.sleep(for: interval)
    }
}
