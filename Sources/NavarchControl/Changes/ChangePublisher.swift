// SPDX-License-Identifier: MIT
import Locks
import Logging
import Metrics
import NavarchModel
import NavarchStore
import ServiceLifecycle

/// Tells of what this replica committed: its own waiters at once, the other replicas by one coalesced NOTIFY a few milliseconds later (C3).
/// A NOTIFY that fails is counted and dropped: the sweep finds what it would have told (C2).
public final class ChangePublisher: Service {
    private struct Pending {
        var commands: Set<NodeKey> = []
        var feed = false
    }

    private let store: any CoordinationStore
    private let wakeups: NodeWakeups
    private let feedSignals: FeedSignals
    private let isEnabled: Bool
    private let window: Duration
    private let clock: any Clock<Duration>
    private let logger: Logger
    private let pending = Mutex(Pending())
    private let signal = Signal()
    private let sent = Counter(label: "navarch_notifications_sent_total")
    private let failed = Counter(label: "navarch_notifications_failed_total")

    /// A publisher that has nothing to tell. With `isEnabled` false it tells its own waiters only, and everything works at sweep latency.
    public init(
        store: any CoordinationStore, wakeups: NodeWakeups, feedSignals: FeedSignals, isEnabled: Bool = true,
        window: Duration = .milliseconds(2), clock: any Clock<Duration> = ContinuousClock(), logger: Logger
    ) {
        self.store = store
        self.wakeups = wakeups
        self.feedSignals = feedSignals
        self.isEnabled = isEnabled
        self.window = window
        self.clock = clock
        self.logger = logger
    }

    /// After commit: something is new for these nodes' agents.
    public func commandsChanged(_ keys: [NodeKey]) {
        guard !keys.isEmpty else { return }
        wakeups.wake(keys, by: .local)
        pending.withLock { $0.commands.formUnion(keys) }
        signal.fire()
    }

    /// After commit: events wait for the sequencer.
    public func feedChanged() {
        feedSignals.eventsWait()
    }

    /// After sequencing: readers everywhere may read on.
    func feedSequenced() {
        feedSignals.eventsSequenced()
        pending.withLock { $0.feed = true }
        signal.fire()
    }

    /// Sends NOTIFYs until shutdown.
    public func run() async throws {
        await withGracefulShutdownHandler {
            while await signal.wait() {
                do { try await clock.sleep(for: window) } catch { break }  // cancelled: nothing more is owed
                await sendPending()
            }
            await sendPending()
        } onGracefulShutdown: {
            self.signal.finish()
        }
    }

    private func sendPending() async {
        let batch = pending.withLock { pending in
            defer { pending = Pending() }
            return pending
        }
        var changes: [Change] = []
        if !batch.commands.isEmpty { changes.append(.commands(batch.commands.sorted())) }
        if batch.feed { changes.append(.feed) }
        guard isEnabled, !changes.isEmpty else { return }
        do throws(StoreError) {
            try await store.notify(changes)
            sent.increment()
        } catch {
            failed.increment()
            logger.debug("notification dropped; the sweep will find it", metadata: ["error": "\(error)"])
        }
    }
}
