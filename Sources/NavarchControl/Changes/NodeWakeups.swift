// SPDX-License-Identifier: MIT
import NavarchModel
import Synchronization

/// Who on this replica waits for which node. Waking means "look again" (C1).
public final class NodeWakeups: Sendable {
    private struct State {
        var waiters: [NodeKey: [UInt64: Signal]] = [:]
        var nextID: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Nobody waits yet.
    public init() {}

    /// Subscribes for the length of `body`: subscribe, then read, then wait (C2).
    public func withWakeups<Result>(
        for key: NodeKey, isolation: isolated (any Actor)? = #isolation, _ body: (Signal) async throws -> Result
    ) async rethrows -> Result {
        let signal = Signal()
        let id = state.withLock { state -> UInt64 in
            state.nextID += 1
            state.waiters[key, default: [:]][state.nextID] = signal
            return state.nextID
        }
        defer {
            state.withLock { state in
                state.waiters[key]?[id] = nil
                if state.waiters[key]?.isEmpty == true { state.waiters[key] = nil }
            }
        }
        return try await body(signal)
    }

    /// Wakes whoever waits for these nodes; O(keys).
    public func wake(_ keys: some Sequence<NodeKey>) {
        let signals = state.withLock { state in keys.flatMap { state.waiters[$0].map { Array($0.values) } ?? [] } }
        for signal in signals { signal.fire() }
    }

    /// Wakes everybody: after the session came back, nobody knows what was missed.
    public func wakeAll() {
        let signals = state.withLock { state in state.waiters.values.flatMap(\.values) }
        for signal in signals { signal.fire() }
    }

    /// How many wait.
    public var count: Int { state.withLock { $0.waiters.reduce(0) { $0 + $1.value.count } } }
}
