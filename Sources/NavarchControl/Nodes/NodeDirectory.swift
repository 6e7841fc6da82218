// SPDX-License-Identifier: MIT
import Locks
import NavarchModel
import NavarchStore

/// Remembers which key stands for which node, so that hot calls need no look-up. An entry is a hint: the database may have given the name
/// another key since, and whoever finds that out forgets the entry.
public final class NodeDirectory: Sendable {
    private let store: any NodeStore
    private let keys = Mutex<[NodeID: NodeKey]>([:])

    /// An empty directory over a store.
    public init(store: any NodeStore) { self.store = store }

    /// The key that is remembered.
    public func remembered(_ id: NodeID) -> NodeKey? { keys.withLock { $0[id] } }

    /// Remembers what a registration gave.
    public func remember(_ id: NodeID, _ key: NodeKey) { keys.withLock { $0[id] = key } }

    /// Forgets an entry that turned out wrong.
    public func forget(_ id: NodeID) { keys.withLock { $0[id] = nil } }

    /// Asks the database for names, and remembers those that are present.
    public func resolve(_ ids: [NodeID]) async throws(StoreError) -> [NodeID: NodeLookup] {
        let found = try await store.keys(of: ids)
        keys.withLock { keys in
            for (id, lookup) in found {
                if case .present(let key) = lookup { keys[id] = key } else { keys[id] = nil }
            }
        }
        return found
    }

    /// The key of one node, remembered or looked up.
    /// - Throws: `.notFound`; `.refused`: terminated.
    public func key(of id: NodeID) async throws(StoreError) -> NodeKey {
        if let key = remembered(id) { return key }
        switch try await resolve([id])[id] {
        case .present(let key): return key
        case .terminated: throw Self.terminated(id)
        case nil: throw Self.unknown(id)
        }
    }

    static func unknown(_ id: NodeID) -> StoreError {
        StoreError(.notFound, operation: "find node \(id)", message: "node not found: \(id)")
    }

    static func terminated(_ id: NodeID) -> StoreError {
        StoreError(.refused, operation: "find node \(id)", message: "node \(id) is terminated")
    }
}
