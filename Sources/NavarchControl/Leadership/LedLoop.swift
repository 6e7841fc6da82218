// SPDX-License-Identifier: MIT
import NavarchStore

/// Work that only one replica does at a time (C15): idempotent rounds, each of which locks the term before it changes anything.
public struct LedLoop: Sendable {
    /// Which.
    public let name: LoopName
    /// Between rounds.
    public let interval: Duration
    /// One round under a term.
    public let round: @Sendable (Term) async throws(StoreError) -> Void

    /// A loop that nobody leads yet.
    public init(
        _ name: LoopName, every interval: Duration, round: @escaping @Sendable (Term) async throws(StoreError) -> Void
    ) {
        self.name = name
        self.interval = interval
        self.round = round
    }
}
