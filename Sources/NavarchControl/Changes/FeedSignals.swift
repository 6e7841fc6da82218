// SPDX-License-Identifier: MIT
import Locks

/// Who on this replica waits for the change feed: the sequencer for events without a position, readers for positions (C22).
public final class FeedSignals: Sendable {
    private struct Readers {
        var signals: [UInt64: Signal] = [:]
        var nextID: UInt64 = 0
    }

    let sequencer = Signal()
    private let readers = Mutex(Readers())

    /// Nobody waits yet.
    public init() {}

    /// Events without a position may be there.
    func eventsWait() { sequencer.fire() }

    /// New positions may be there.
    func eventsSequenced() {
        let signals = readers.withLock { Array($0.signals.values) }
        for signal in signals { signal.fire() }
    }

    /// Subscribes a reader for the length of `body`.
    func withReader<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: (Signal) async throws -> Result
    ) async rethrows -> Result {
        let signal = Signal()
        let id = readers.withLock { readers -> UInt64 in
            readers.nextID += 1
            readers.signals[readers.nextID] = signal
            return readers.nextID
        }
        defer { readers.withLock { $0.signals[id] = nil } }
        return try await body(signal)
    }
}
