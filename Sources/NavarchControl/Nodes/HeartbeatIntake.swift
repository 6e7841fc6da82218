// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchStore
import ServiceLifecycle

/// What an agent is told after its heartbeat was committed.
public struct HeartbeatReceipt: Equatable, Sendable {
    /// When to send the next one (C21).
    public let nextHeartbeat: Duration
}

/// Takes heartbeats one by one, stores them in batches, and answers each after its batch committed (C18).
public final class HeartbeatIntake: Service {
    /// How an answer is given: once, on any thread.
    public typealias Completion = @Sendable (Result<HeartbeatReceipt, StoreError>) -> Void

    private struct Pending: Sendable {
        let id: NodeID
        let metrics: NodeMetrics?
        let completion: Completion
        /// Its remembered key turned out wrong once.
        var isRetry = false
    }

    private let batcher: Batcher<Pending>

    /// An intake over a store; up to 20,000 heartbeats may wait, which is ten seconds of a fleet at full pace.
    public init(store: any NodeStore, directory: NodeDirectory, pace: FleetPace) {
        let recorder = Recorder(store: store, directory: directory, pace: pace)
        batcher = Batcher(capacity: 20_000, maxBatch: 500, lanes: 2) { await recorder.record($0) }
    }

    /// Stores a sign of life and answers once it is committed, or why it is not: `.notFound`, `.refused` (terminated), `.overloaded`,
    /// `.unavailable`. From any thread.
    public func submit(_ id: NodeID, metrics: NodeMetrics?, completion: @escaping Completion) {
        switch batcher.add(Pending(id: id, metrics: metrics, completion: completion)) {
        case .taken: break
        case .full:
            completion(
                .failure(StoreError(.overloaded, operation: "record heartbeat", message: "too many heartbeats wait")))
        case .closed:
            completion(.failure(StoreError(.unavailable, operation: "record heartbeat", message: "shutting down")))
        }
    }

    /// Heartbeats that wait.
    public var waiting: Int { batcher.waiting }

    /// Stores batches until shutdown.
    public func run() async throws { try await batcher.run() }

    private struct Recorder: Sendable {
        let store: any NodeStore
        let directory: NodeDirectory
        let pace: FleetPace

        func record(_ batch: [Pending]) async {
            do throws(StoreError) {
                let again = try await pass(batch)
                if !again.isEmpty { _ = try await pass(again) }
            } catch {
                for pending in batch { pending.completion(.failure(error)) }
            }
        }

        /// Stores one batch and answers it; returns those whose remembered key was wrong, to be looked up afresh.
        private func pass(_ batch: [Pending]) async throws(StoreError) -> [Pending] {
            let lookups = try await resolve(batch)
            var beats: [NodeKey: Heartbeat] = [:]
            for pending in batch {
                guard case .present(let key)? = lookups[pending.id] else { continue }
                beats[key] = Heartbeat(key: key, metrics: pending.metrics ?? beats[key]?.metrics)
            }
            let outcomes =
                beats.isEmpty ? [:] : try await store.recordHeartbeats(beats.values.sorted { $0.key < $1.key })
            return batch.compactMap { answer($0, lookups[$0.id], outcomes) }
        }

        private func resolve(_ batch: [Pending]) async throws(StoreError) -> [NodeID: NodeLookup] {
            var lookups: [NodeID: NodeLookup] = [:]
            var missing: Set<NodeID> = []
            for pending in batch {
                if !pending.isRetry, let key = directory.remembered(pending.id) {
                    lookups[pending.id] = .present(key)
                } else {
                    missing.insert(pending.id)
                }
            }
            if !missing.isEmpty { lookups.merge(try await directory.resolve(Array(missing))) { $1 } }
            return lookups
        }

        /// Answers one heartbeat, or returns it to be tried with a fresh look-up.
        private func answer(_ pending: Pending, _ lookup: NodeLookup?, _ outcomes: [NodeKey: HeartbeatOutcome])
            -> Pending?
        {
            guard let lookup else {
                pending.completion(.failure(NodeDirectory.unknown(pending.id)))
                return nil
            }
            guard case .present(let key) = lookup else {
                pending.completion(.failure(NodeDirectory.terminated(pending.id)))
                return nil
            }
            switch outcomes[key] ?? .unknown {
            case .recorded, .returned:
                pending.completion(.success(HeartbeatReceipt(nextHeartbeat: pace.nextHeartbeat())))
                return nil
            case .terminated:
                directory.forget(pending.id)
                pending.completion(.failure(NodeDirectory.terminated(pending.id)))
                return nil
            case .unknown:
                directory.forget(pending.id)
                if pending.isRetry {
                    pending.completion(.failure(NodeDirectory.unknown(pending.id)))
                    return nil
                }
                var again = pending
                again.isRetry = true
                return again
            }
        }
    }
}
