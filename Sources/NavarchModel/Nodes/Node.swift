// SPDX-License-Identifier: MIT

/// A node as the control plane knows it. The dimensions are apart: `lifecycle`, `schedule`, `condition`, `health` and `reachable` change for
/// different reasons; ``status`` derives the one word that the wire has for them.
public struct Node: Equatable, Sendable {
    /// Whether the node is part of the fleet.
    public enum Lifecycle: String, Sendable, CaseIterable { case present, terminated }
    /// What operators said about scheduling onto it.
    public enum Schedule: String, Sendable, CaseIterable { case active, cordoned, draining }
    /// Sticky verdict: once unhealthy it stays so until an operator returns it to service (uncordon).
    public enum Condition: String, Sendable, CaseIterable { case ok, unhealthy }

    /// The name that the agent chose.
    public var id: NodeID
    /// The database's integer for it.
    public var key: NodeKey
    /// What the agent said at its latest registration.
    public var registration: NodeRegistration
    /// Part of the fleet, or terminated.
    public var lifecycle: Lifecycle
    /// In scheduling, or taken out of it.
    public var schedule: Schedule
    /// Fit for service, or found unhealthy.
    public var condition: Condition
    /// Worst of the latest results.
    public var health: HealthStatus
    /// Why the status is what it is; empty when nobody said.
    public var statusReason: String
    /// Heard of within the heartbeat timeout, on the service clock (C19).
    public var reachable: Bool
    /// The latest heartbeat or registration.
    public var lastSeen: Timestamp?
    /// The latest health report.
    public var lastHealthCheck: Timestamp?
    /// The first registration.
    public var registeredAt: Timestamp
    /// Grows with every change of the row.
    public var revision: Int64

    /// All of a node's row.
    public init(
        id: NodeID, key: NodeKey, registration: NodeRegistration, lifecycle: Lifecycle = .present,
        schedule: Schedule = .active,
        condition: Condition = .ok, health: HealthStatus = .unknown, statusReason: String = "", reachable: Bool = true,
        lastSeen: Timestamp? = nil, lastHealthCheck: Timestamp? = nil, registeredAt: Timestamp, revision: Int64 = 1
    ) {
        self.id = id
        self.key = key
        self.registration = registration
        self.lifecycle = lifecycle
        self.schedule = schedule
        self.condition = condition
        self.health = health
        self.statusReason = statusReason
        self.reachable = reachable
        self.lastSeen = lastSeen
        self.lastHealthCheck = lastHealthCheck
        self.registeredAt = registeredAt
        self.revision = revision
    }

    /// The one word of the wire, by precedence: terminated, unhealthy, draining, cordoned, active.
    public var status: NodeStatus {
        NodeStatus(lifecycle: lifecycle, condition: condition, schedule: schedule)
    }
}

/// One word for a node, as the wire has it.
public enum NodeStatus: String, Sendable, CaseIterable {
    case active, cordoned, draining, unhealthy, terminated

    /// Derives the word from the three dimensions behind it.
    public init(lifecycle: Node.Lifecycle, condition: Node.Condition, schedule: Node.Schedule) {
        switch (lifecycle, condition, schedule) {
        case (.terminated, _, _): self = .terminated
        case (.present, .unhealthy, _): self = .unhealthy
        case (.present, .ok, .draining): self = .draining
        case (.present, .ok, .cordoned): self = .cordoned
        case (.present, .ok, .active): self = .active
        }
    }
}
