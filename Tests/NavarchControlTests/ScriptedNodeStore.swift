// SPDX-License-Identifier: MIT
import Locks
import NavarchModel
import NavarchStore

/// A node store whose answers a test sets, for the shells around it. The real stores have a conformance suite of their own.
final class ScriptedNodeStore: NodeStore {
    struct State {
        var present: [NodeID: NodeKey] = [:]
        var terminated: [NodeID: NodeKey] = [:]
        var batches: [[Heartbeat]] = []
        var lookups: [[NodeID]] = []
        var failure: StoreError?
    }

    let state = Mutex(State())

    func keys(of ids: [NodeID]) async throws(StoreError) -> [NodeID: NodeLookup] {
        state.withLock { state in
            state.lookups.append(ids)
            var found: [NodeID: NodeLookup] = [:]
            for id in ids {
                if let key = state.present[id] { found[id] = .present(key) }
                if let key = state.terminated[id] { found[id] = .terminated(key) }
            }
            return found
        }
    }

    func recordHeartbeats(_ heartbeats: [Heartbeat]) async throws(StoreError) -> [NodeKey: HeartbeatOutcome] {
        let (failure, outcomes) = state.withLock { state -> (StoreError?, [NodeKey: HeartbeatOutcome]) in
            state.batches.append(heartbeats)
            let present = Set(state.present.values)
            let terminated = Set(state.terminated.values)
            let outcomes = heartbeats.map { beat -> (NodeKey, HeartbeatOutcome) in
                (
                    beat.key,
                    present.contains(beat.key) ? .recorded : terminated.contains(beat.key) ? .terminated : .unknown
                )
            }
            return (state.failure, Dictionary(uniqueKeysWithValues: outcomes))
        }
        if let failure { throw failure }
        return outcomes
    }

    func register(_ id: NodeID, _ registration: NodeRegistration) async throws(StoreError) -> RegistrationOutcome {
        throw unscripted()
    }

    func reportHealth(
        of id: NodeID, results: [HealthCheckResult], events: [HealthEvent], verdict: HealthStatus
    ) async throws(StoreError) -> Node { throw unscripted() }

    func node(_ id: NodeID) async throws(StoreError) -> NodeDetail { throw unscripted() }

    func nodes(_ filter: NodeFilter, limit: Int, after token: String?) async throws(StoreError) -> Page<Node> {
        throw unscripted()
    }

    func nodes(named ids: [NodeID]) async throws(StoreError) -> [Node] { throw unscripted() }

    func census() async throws(StoreError) -> FleetCensus { FleetCensus() }

    private func unscripted() -> StoreError { StoreError(.corruptRow, operation: "not scripted in this test") }
}
