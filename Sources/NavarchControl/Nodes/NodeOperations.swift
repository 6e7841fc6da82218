// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchStore

/// What agents and operators do with nodes.
public struct NodeOperations: Sendable {
    let store: any NodeStore
    let feed: any FeedStore
    let directory: NodeDirectory
    let pace: FleetPace
    let publisher: ChangePublisher

    /// What agents are told now.
    public var settings: NodeSettings { pace.settings }

    /// The latest count of the fleet.
    public var census: FleetCensus { pace.census }

    /// Makes a node known, or known again. See ``NodeStore/register(_:_:)``.
    public func register(
        _ id: NodeID, _ registration: NodeRegistration
    ) async throws(StoreError) -> (outcome: RegistrationOutcome, settings: NodeSettings) {
        let outcome = try await store.register(id, registration)
        directory.remember(id, outcome.node.key)
        publisher.feedChanged()
        publisher.commandsChanged([outcome.node.key])  // a lost journal queues leased commands again
        return (outcome, settings)
    }

    /// Stores a health report. A report without results says nothing about the node's health (gap G39).
    public func reportHealth(
        _ id: NodeID, results: [HealthCheckResult], events: [HealthEvent]
    ) async throws(StoreError) -> Node {
        let node = try await store.reportHealth(
            of: id, results: results, events: events, verdict: HealthVerdict.worst(of: results))
        publisher.feedChanged()
        return node
    }

    /// One node with its particulars.
    public func node(_ id: NodeID) async throws(StoreError) -> NodeDetail { try await store.node(id) }

    /// A page of nodes, and the cursor from which a watch goes on without a gap: it is read before the page.
    public func nodes(
        _ filter: NodeFilter, limit: Int, after token: String?
    ) async throws(StoreError) -> (page: Page<Node>, cursor: FeedCursor) {
        let cursor = try await feed.head()
        return (try await store.nodes(filter, limit: limit, after: token), cursor)
    }
}
