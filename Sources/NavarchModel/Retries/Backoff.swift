// SPDX-License-Identifier: MIT

/// Waiting times between tries, with full jitter: uniform between nothing and a ceiling that doubles up to a limit. (Marc Brooker,
/// "Exponential Backoff And Jitter", AWS Architecture Blog, 2015, found full jitter to finish earliest under contention.) Pure.
public struct Backoff: Equatable, Sendable {
    /// Ceiling of the first wait.
    public let first: Duration
    /// Ceiling that waits grow to.
    public let limit: Duration
    private var failures = 0

    /// A fresh sequence of waits.
    public init(first: Duration, limit: Duration) {
        self.first = first
        self.limit = limit
    }

    /// The wait after one more failure; `unit` is uniform in 0..<1.
    public mutating func next(unit: Double) -> Duration {
        let ceiling = min(limit, first * (1 << min(failures, 20)))
        failures += 1
        return .microseconds(Int64(Double(ceiling.inMicroseconds) * unit))
    }

    /// Starts again from the first wait, after a success.
    public mutating func reset() { failures = 0 }
}
