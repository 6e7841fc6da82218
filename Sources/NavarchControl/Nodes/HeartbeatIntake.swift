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
        batcher = Batcher(capacity: 20_000, maxBatch: 500, lanes: 4) { await recorder.record($0) }
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

        /// The golden ratio's fraction: steps of it fill an interval more evenly than chance does.
        static let stride = 0.618_033_988_749_895

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
            // In key order, as the rows are locked (C18), and a node's own heartbeats in the order of their arrival.
            let keyed = try await resolve(batch).sorted { ($0.key, $0.place) < ($1.key, $1.place) }
            var beats: [Heartbeat] = []
            beats.reserveCapacity(keyed.count)
            for (key, _, pending) in keyed {
                if let last = beats.last, last.key == key {
                    beats[beats.count - 1] = Heartbeat(key: key, metrics: pending.metrics ?? last.metrics)
                } else {
                    beats.append(Heartbeat(key: key, metrics: pending.metrics))
                }
            }
            let outcomes = beats.isEmpty ? [:] : try await store.recordHeartbeats(beats)
            // One random number for the batch: asking the system for one costs more than the rest of an answer.
            var unit = Double.random(in: 0..<1)
            return keyed.compactMap { key, _, pending in
                unit = (unit + Self.stride).truncatingRemainder(dividingBy: 1)
                return answer(pending, outcomes[key] ?? .unknown, unit)
            }
        }

        /// Those whose node is there, with its key; the others are answered.
        private func resolve(
            _ batch: [Pending]
        ) async throws(StoreError) -> [(key: NodeKey, place: Int, pending: Pending)] {
            var keyed: [(key: NodeKey, place: Int, pending: Pending)] = []
            keyed.reserveCapacity(batch.count)
            var missing: [(place: Int, pending: Pending)] = []
            for (place, pending) in batch.enumerated() {
                if !pending.isRetry, let key = directory.remembered(pending.id) {
                    keyed.append((key, place, pending))
                } else {
                    missing.append((place, pending))
                }
            }
            guard !missing.isEmpty else { return keyed }
            let found = try await directory.resolve(Array(Set(missing.map(\.pending.id))))
            for (place, pending) in missing {
                switch found[pending.id] {
                case .present(let key): keyed.append((key, place, pending))
                case .terminated: pending.completion(.failure(NodeDirectory.terminated(pending.id)))
                case nil: pending.completion(.failure(NodeDirectory.unknown(pending.id)))
                }
            }
            return keyed
        }

        /// Answers one heartbeat, or returns it to be tried with a fresh look-up.
        private func answer(_ pending: Pending, _ outcome: HeartbeatOutcome, _ unit: Double) -> Pending? {
            switch outcome {
            case .recorded, .returned:
                pending.completion(.success(HeartbeatReceipt(nextHeartbeat: pace.nextHeartbeat(unit: unit))))
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
