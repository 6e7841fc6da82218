// SPDX-License-Identifier: MIT
import NavarchModel

/// Which nodes a list holds. Empty strings and nil do not filter; all that is set must hold.
public struct NodeFilter: Equatable, Sendable {
    /// Equal, case-sensitive.
    public var provider = ""
    /// Equal, case-sensitive.
    public var region = ""
    /// Equal, case-sensitive.
    public var zone = ""
    /// The derived status.
    public var status: NodeStatus?
    /// By labels; nil does not filter.
    public var labels: LabelSelector?

    /// A filter that lets every node through.
    public init() {}
}

/// A node with what only a look at one node shows.
public struct NodeDetail: Equatable, Sendable {
    /// The node.
    public var node: Node
    /// Latest result of each check, by name.
    public var healthResults: [HealthCheckResult]
    /// Latest sample.
    public var metrics: NodeMetrics?

    /// A node and its particulars.
    public init(node: Node, healthResults: [HealthCheckResult], metrics: NodeMetrics?) {
        self.node = node
        self.healthResults = healthResults
        self.metrics = metrics
    }
}

/// What registering a node did.
public struct RegistrationOutcome: Equatable, Sendable {
    /// The node as it now is.
    public var node: Node
    /// It was not known before.
    public var isNew: Bool
    /// The journal changed: this many running commands became unknown (C12).
    public var lostRunning: Int

    /// What registering did.
    public init(node: Node, isNew: Bool, lostRunning: Int) {
        self.node = node
        self.isNew = isNew
        self.lostRunning = lostRunning
    }
}

/// A sign of life, as it is stored.
public struct Heartbeat: Equatable, Sendable {
    /// Of which node.
    public var key: NodeKey
    /// Latest sample; nil keeps the one before.
    public var metrics: NodeMetrics?

    /// One sign of life.
    public init(key: NodeKey, metrics: NodeMetrics?) {
        self.key = key
        self.metrics = metrics
    }
}

/// What became of one heartbeat.
public enum HeartbeatOutcome: Equatable, Sendable {
    case recorded
    /// It had been unreachable and no longer is.
    case returned
    /// No such node: register.
    case unknown
    /// Removed on purpose.
    case terminated
}

/// How a node's name resolves.
public enum NodeLookup: Equatable, Sendable {
    case present(NodeKey)
    case terminated(NodeKey)
}

/// Nodes and their health. Each method is one transaction.
public protocol NodeStore: Sendable {
    /// Makes the node known, or known again; an operator's schedule and a sticky condition stay unless ``RegistrationPolicy`` says that it is
    /// a fresh machine (gap G7). Counts as a sign of life. Another journal makes its running commands unknown and queues its leased ones
    /// again (C12).
    /// - Throws: `.refused`: terminated, and the same machine.
    func register(_ id: NodeID, _ registration: NodeRegistration) async throws(StoreError) -> RegistrationOutcome

    /// Resolves names; names that are not known are absent from the answer.
    func keys(of ids: [NodeID]) async throws(StoreError) -> [NodeID: NodeLookup]

    /// Stores a batch of signs of life, with asynchronous commit (C18). Keys are distinct.
    func recordHeartbeats(_ heartbeats: [Heartbeat]) async throws(StoreError) -> [NodeKey: HeartbeatOutcome]

    /// Stores a report: the worst result wins, unhealthy sticks. `verdict` judged the results.
    /// - Throws: `.notFound`.
    func reportHealth(
        of id: NodeID, results: [HealthCheckResult], events: [HealthEvent], verdict: HealthStatus
    ) async throws(StoreError) -> Node

    /// One node with its particulars.
    /// - Throws: `.notFound`.
    func node(_ id: NodeID) async throws(StoreError) -> NodeDetail

    /// Nodes in order of id, at most `limit`, after the page token.
    /// - Throws: `.refused`: not a page token.
    func nodes(_ filter: NodeFilter, limit: Int, after token: String?) async throws(StoreError) -> Page<Node>

    /// These nodes, by name, in no order; unknown ones are absent. For watches and bulk commands.
    func nodes(named ids: [NodeID]) async throws(StoreError) -> [Node]

    /// Counts for gauges: nodes by status, GPUs by provider.
    func census() async throws(StoreError) -> FleetCensus
}

/// Counts of the fleet, for gauges.
public struct FleetCensus: Equatable, Sendable {
    /// Nodes by status; terminated ones included.
    public var nodesByStatus: [NodeStatus: Int] = [:]
    /// GPUs of nodes that are not terminated, by provider ("unknown" when it is empty).
    public var gpusByProvider: [String: Int] = [:]
    /// Health of each node that is not terminated.
    public var health: [NodeID: HealthStatus] = [:]
    /// Nodes that are silent.
    public var unreachable = 0
    /// Commands that wait.
    public var queuedCommands = 0

    /// No counts yet.
    public init() {}
}
