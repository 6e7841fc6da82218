// SPDX-License-Identifier: MIT

/// How well a node's hardware is. Ordered by badness: healthy < degraded < unhealthy; `unknown` says nothing and loses to all of them.
public enum HealthStatus: String, Sendable, CaseIterable, Comparable {
    case unknown, healthy, degraded, unhealthy

    private var rank: Int {
        switch self {
        case .unknown: 0
        case .healthy: 1
        case .degraded: 2
        case .unhealthy: 3
        }
    }

    /// Orders by badness.
    public static func < (left: HealthStatus, right: HealthStatus) -> Bool { left.rank < right.rank }
}

/// The outcome of one health check.
public struct HealthCheckResult: Equatable, Sendable {
    /// Which check.
    public var checkName: String
    /// Its verdict.
    public var status: HealthStatus
    /// In words.
    public var message: String
    /// When the agent ran it, by the agent's clock; shown, never decided on.
    public var observedAt: Timestamp?
    /// Measured values.
    public var details: [String: String]

    /// One outcome.
    public init(
        checkName: String, status: HealthStatus, message: String = "", observedAt: Timestamp? = nil,
        details: [String: String] = [:]
    ) {
        self.checkName = checkName
        self.status = status
        self.message = message
        self.observedAt = observedAt
        self.details = details
    }
}

/// Something that happened to a GPU or to the node, as reported. Stored as it came; policies judge it in another part.
public struct HealthEvent: Equatable, Sendable {
    /// When, by the agent's clock.
    public var observedAt: Timestamp?
    /// Index of the driver; -1 for the node.
    public var gpuIndex: Int32
    /// The driver's stable id; may be empty.
    public var gpuUUID: String
    /// The wire's name of the watched system, e.g. "HEALTH_WATCH_SYSTEM_DRIVER".
    public var system: String
    /// The wire's name of the type, e.g. "HEALTH_EVENT_TYPE_XID".
    public var type: String
    /// Values, as text.
    public var metrics: [String: String]
    /// In words.
    public var message: String

    /// One event.
    public init(
        observedAt: Timestamp?, gpuIndex: Int32, gpuUUID: String, system: String, type: String,
        metrics: [String: String], message: String
    ) {
        self.observedAt = observedAt
        self.gpuIndex = gpuIndex
        self.gpuUUID = gpuUUID
        self.system = system
        self.type = type
        self.metrics = metrics
        self.message = message
    }
}
