// SPDX-License-Identifier: MIT

/// What a health report says of its node. Pure.
public enum HealthVerdict {
    /// The worst result wins. Results that know nothing count for nothing; a report without a verdict says `unknown`, never healthy (gap G39).
    public static func worst(of results: [HealthCheckResult]) -> HealthStatus {
        results.map(\.status).max() ?? .unknown
    }

    /// The node's health after a report: a report that knows nothing leaves it as it was.
    public static func health(after verdict: HealthStatus, before: HealthStatus) -> HealthStatus {
        verdict == .unknown ? before : verdict
    }

    /// The node's condition after a report: unhealthy sticks until an operator returns the node to service.
    public static func condition(after verdict: HealthStatus, before: Node.Condition) -> Node.Condition {
        verdict == .unhealthy ? .unhealthy : before
    }
}
