// SPDX-License-Identifier: MIT
import Logging
import Metrics
import NavarchModel
import NavarchStore

/// The loops of this product.
public enum LedLoops {
    /// Leases that may lapse before a command is undeliverable (C11).
    public static let maxExpiries: Int32 = 10

    /// Transactions of one round that requeue lapsed leases: 1,280 nodes, so that other work of the round is not starved.
    static let leaseRounds = 20

    /// All loops over a store.
    public static func all(
        store: any UpkeepStore, publisher: ChangePublisher, timing: LivenessTiming, retention: Retention, logger: Logger
    ) -> [LedLoop] {
        [
            LedLoop(.commandUpkeep, every: .milliseconds(500)) { term throws(StoreError) in
                try await upkeep(term, store: store, publisher: publisher)
            },
            LedLoop(.liveness, every: .seconds(1)) { term throws(StoreError) in
                try await judgeLiveness(
                    term, store: store, publisher: publisher, timeout: timing.timeout, logger: logger)
            },
            LedLoop(.housekeeping, every: .seconds(60)) { term throws(StoreError) in
                var deleted = 1
                while deleted > 0 { deleted = try await store.prune(term, retention: retention, limit: 1_000) }
            },
        ]
    }

    private static func upkeep(_ term: Term, store: any UpkeepStore, publisher: ChangePublisher)
        async throws(StoreError)
    {
        // 64 nodes a transaction (C10); after an outage many leases lapse together.
        var woken: [NodeKey] = []
        for _ in 0..<leaseRounds {
            let more = try await store.expireLeases(term, maxExpiries: maxExpiries)
            publisher.commandsChanged(more)
            woken += more
            if more.isEmpty { break }
        }
        let expired = try await store.expireQueued(term, limit: 500)
        let ended = try await store.judgeRunning(term, limit: 500)
        if !woken.isEmpty || expired + ended > 0 { publisher.feedChanged() }
    }

    private static func judgeLiveness(
        _ term: Term, store: any UpkeepStore, publisher: ChangePublisher, timeout: Duration, logger: Logger
    ) async throws(StoreError) {
        let (stale, zones) = try await store.staleNodes(term, timeout: timeout, limit: 1_000)
        guard !stale.isEmpty else { return }
        let silent = stale.map { LivenessVerdict.Silent(name: $0.key, zone: $0.zone) }
        for (reason, keys) in LivenessVerdict.reasons(for: silent, zones: zones) {
            let marked = try await store.markUnreachable(term, keys, timeout: timeout, reason: reason)
            guard !marked.isEmpty else { continue }
            Counter(label: "navarch_nodes_marked_unreachable_total").increment(by: Int64(marked.count))
            logger.warning("nodes are silent", metadata: ["count": "\(marked.count)", "reason": "\(reason)"])
        }
        publisher.feedChanged()
    }
}
