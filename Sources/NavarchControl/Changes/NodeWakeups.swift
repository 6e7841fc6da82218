// SPDX-License-Identifier: MIT
import Locks
import Metrics
import NavarchModel

/// Who on this replica waits for which node. Waking means "look again" (C1).
public final class NodeWakeups: Sendable {
    /// Where a wake-up came from.
    public enum Source: String, CaseIterable, Sendable {
        /// This replica's own commit.
        case local
        /// Another replica's NOTIFY.
        case notify
        /// The sweep behind them (C2): many of these say that notifications are lost.
        case sweep
        /// The session came back, and nobody knows what was missed (C4).
        case session
        /// This replica drains.
        case drain
    }

    private struct State {
        var waiters: [NodeKey: [UInt64: Signal]] = [:]
        var nextID: UInt64 = 0
        var count = 0
    }

    private let state = Mutex(State())
    private let waiting: Gauge
    private let woken: [Source: Counter]

    /// Nobody waits yet. Waiters and wake-ups by source are counted with `factory`.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        waiting = Gauge(label: "navarch_waiters", factory: factory)
        woken = Dictionary(
            uniqueKeysWithValues: Source.allCases.map { source in
                let dimensions = [("source", source.rawValue)]
                return (source, Counter(label: "navarch_wakeups_total", dimensions: dimensions, factory: factory))
            })
    }

    /// Subscribes for the length of `body`: subscribe, then read, then wait (C2).
    public func withWakeups<Result>(
        for key: NodeKey, isolation: isolated (any Actor)? = #isolation, _ body: (Signal) async throws -> Result
    ) async rethrows -> Result {
        let signal = Signal()
        let id = state.withLock { state -> UInt64 in
            state.nextID += 1
            state.waiters[key, default: [:]][state.nextID] = signal
            state.count += 1
            waiting.record(state.count)
            return state.nextID
        }
        defer {
            state.withLock { state in
                state.waiters[key]?[id] = nil
                if state.waiters[key]?.isEmpty == true { state.waiters[key] = nil }
                state.count -= 1
                waiting.record(state.count)
            }
        }
        return try await body(signal)
    }

    /// Wakes whoever waits for these nodes; O(keys).
    public func wake(_ keys: some Sequence<NodeKey>, by source: Source) {
        fire(state.withLock { state in keys.flatMap { state.waiters[$0].map { Array($0.values) } ?? [] } }, source)
    }

    /// Wakes everybody; O(waiters).
    public func wakeAll(by source: Source) {
        fire(state.withLock { state in state.waiters.values.flatMap(\.values) }, source)
    }

    private func fire(_ signals: [Signal], _ source: Source) {
        guard !signals.isEmpty else { return }
        woken[source]?.increment(by: Int64(signals.count))
        for signal in signals { signal.fire() }
    }

    /// How many wait.
    public var count: Int { state.withLock { $0.count } }
}
