// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchStore

/// One change as a watcher sees it.
public struct NodeChange: Equatable, Sendable {
    /// The node after the change; nil when only the cursor moved.
    public var node: Node?
    /// What happened; empty in the opening list.
    public var eventType: String
    /// Where to go on after this.
    public var cursor: FeedCursor
    /// The opening list ends here.
    public var synced: Bool
}

/// Watches over the fleet: every change after a cursor, once and in order, filtered.
public struct FleetWatch: Sendable {
    let nodes: any NodeStore
    let feed: any FeedStore
    let signals: FeedSignals
    let readiness: Readiness

    private static let page = 500

    /// Calls `body` with every change after `cursor`; without one, first with every node as it is. Returns when this replica drains.
    /// - Throws: `StoreError` `.refused`: the cursor is of another incarnation or older than retention: list again. What `body` throws.
    public func watch(_ filter: NodeFilter, from cursor: FeedCursor?, _ body: (NodeChange) async throws -> Void)
        async throws
    {
        try await signals.withReader { signal in
            var matched: Set<NodeID> = []
            var position: FeedCursor
            if let cursor {
                position = cursor
            } else {
                position = try await feed.head()
                try await list(filter, at: position, &matched, body)
            }
            var goesOn = true
            while goesOn, !readiness.isDraining {
                position = try await readOn(filter, from: position, &matched, body)
                goesOn = await signal.wait()
            }
        }
    }

    /// Ends watches, so that watchers go elsewhere; call after readiness began to drain.
    func drain() { signals.eventsSequenced() }

    private func list(
        _ filter: NodeFilter, at cursor: FeedCursor, _ matched: inout Set<NodeID>,
        _ body: (NodeChange) async throws -> Void
    ) async throws {
        var token: String?
        repeat {
            let page = try await nodes.nodes(filter, limit: Self.page, after: token)
            for node in page.elements {
                matched.insert(node.id)
                try await body(NodeChange(node: node, eventType: "", cursor: cursor, synced: false))
            }
            token = page.next
        } while token != nil
        try await body(NodeChange(node: nil, eventType: "", cursor: cursor, synced: true))
    }

    private func readOn(
        _ filter: NodeFilter, from start: FeedCursor, _ matched: inout Set<NodeID>,
        _ body: (NodeChange) async throws -> Void
    ) async throws -> FeedCursor {
        var cursor = start
        while true {
            let events = try await feed.events(after: cursor, limit: Self.page)
            if events.isEmpty { return cursor }
            let current = try await nodes.nodes(named: Array(Set(events.map(\.nodeID))))
            let byID = Dictionary(current.map { ($0.id, $0) }) { $1 }
            for event in events {
                cursor.position = event.position
                guard event.type.hasPrefix("node."), let node = byID[event.nodeID] else { continue }
                let matches = filter.matches(node)
                guard matches || matched.contains(node.id) else { continue }
                if matches { matched.insert(node.id) } else { matched.remove(node.id) }
                try await body(NodeChange(node: node, eventType: event.type, cursor: cursor, synced: false))
            }
        }
    }
}

extension NodeFilter {
    /// Whether a node is let through.
    public func matches(_ node: Node) -> Bool {
        (provider.isEmpty || provider == node.registration.provider)
            && (region.isEmpty || region == node.registration.region)
            && (zone.isEmpty || zone == node.registration.zone)
            && (status.map { $0 == node.status } ?? true)
            && (labels?.matches(node.registration.metadata.labels) ?? true)
    }
}
