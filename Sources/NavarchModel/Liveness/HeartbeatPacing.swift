// SPDX-License-Identifier: MIT

/// How often agents send signs of life (C21): never more, over the whole fleet, than the database is sized for. Pure.
public struct HeartbeatPacing: Equatable, Sendable {
    /// The interval of a small fleet.
    public let base: Duration
    /// Heartbeats per second, over the whole fleet, that the database is sized for.
    public let maxPerSecond: Double

    /// A pace. The default of 2,000 heartbeats a second is a fiftieth of what one small machine stored in our benchmark, so that liveness
    /// never competes with commands.
    public init(base: Duration, maxPerSecond: Double = 2_000) {
        precondition(base > .zero && maxPerSecond > 0, "pace needs a positive interval and rate")
        self.base = base
        self.maxPerSecond = maxPerSecond
    }

    /// The interval for a fleet of so many nodes: the base, or longer where the fleet's rate would pass the limit.
    public func interval(nodes: Int) -> Duration {
        max(base, .seconds(Double(max(nodes, 0)) / maxPerSecond))
    }

    /// The interval spread evenly over ±10 %, so that agents do not beat in step; `unit` is uniform in 0..<1.
    public static func jittered(_ interval: Duration, unit: Double) -> Duration {
        .microseconds(Int64(Double(interval.inMicroseconds) * (0.9 + 0.2 * unit)))
    }
}

/// The timing that liveness needs to hold together (C19).
public struct LivenessTiming: Equatable, Sendable {
    /// How often agents send signs of life.
    public let interval: Duration
    /// Silence longer than this, on the service clock, makes a node unreachable.
    public let timeout: Duration

    /// The longest that an agent of ours waits before it connects again.
    public static let longestReconnect = Duration.seconds(15)

    /// What is wrong with a timing.
    public struct Violation: Error, Equatable, Sendable, CustomStringConvertible {
        /// In words, with the least timeout that would do.
        public let description: String
    }

    /// Accepts a timing only when a healthy agent cannot be taken for silent: timeout ≥ 2 × interval + longest reconnect + 10 s (C19).
    public init(interval: Duration, timeout: Duration) throws(Violation) {
        let least = interval * 2 + Self.longestReconnect + .seconds(10)
        guard interval > .zero else { throw Violation(description: "heartbeat interval must be positive") }
        guard timeout >= least else {
            throw Violation(
                description:
                    "heartbeat timeout \(timeout) is too short for an interval of \(interval): at least \(least) is needed "
                    + "(2 × interval + \(Self.longestReconnect) longest reconnect + 10 seconds)")
        }
        self.interval = interval
        self.timeout = timeout
    }
}
