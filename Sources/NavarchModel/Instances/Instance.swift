// SPDX-License-Identifier: MIT

/// Where a cloud instance is in its life.
public enum InstanceState: String, Sendable, CaseIterable {
    case provisioning
    case pendingRegistration = "pending_registration"
    case running, terminating, terminated, failed
}

/// A cloud instance. Providers write them; until there are providers the table is empty.
public struct Instance: Equatable, Sendable {
    /// The provider's id.
    public var id: String
    /// Which provider.
    public var provider: String
    /// Region of the provider.
    public var region: String
    /// Zone of the region.
    public var zone: String
    /// The provider's name for the machine's shape.
    public var instanceType: String
    /// Place in its life.
    public var state: InstanceState
    /// The pool that it was made for.
    public var poolName: String
    /// When asked for.
    public var createdAt: Timestamp
    /// When its node registered.
    public var readyAt: Timestamp?
    /// When gone.
    public var terminatedAt: Timestamp?
    /// Its node; empty until one registered.
    public var nodeID: String
    /// In words.
    public var statusMessage: String
    /// Labels, for selectors.
    public var labels: [String: String]

    /// A row in full.
    public init(
        id: String, provider: String, region: String, zone: String, instanceType: String, state: InstanceState,
        poolName: String,
        createdAt: Timestamp, readyAt: Timestamp?, terminatedAt: Timestamp?, nodeID: String, statusMessage: String,
        labels: [String: String]
    ) {
        self.id = id
        self.provider = provider
        self.region = region
        self.zone = zone
        self.instanceType = instanceType
        self.state = state
        self.poolName = poolName
        self.createdAt = createdAt
        self.readyAt = readyAt
        self.terminatedAt = terminatedAt
        self.nodeID = nodeID
        self.statusMessage = statusMessage
        self.labels = labels
    }
}
