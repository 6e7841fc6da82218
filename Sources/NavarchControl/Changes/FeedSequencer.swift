// SPDX-License-Identifier: MIT
import Logging
import NavarchStore
import ServiceLifecycle

/// Gives positions to events, on any replica: woken by this replica's own commits, and by a sweep every second for those of a replica that
/// died in between (C22).
public struct FeedSequencer: Service {
    let store: any FeedStore
    let signals: FeedSignals
    let publisher: ChangePublisher
    let sweep: Duration
    let clock: any Clock<Duration>
    let logger: Logger

    /// Events given a position in one transaction.
    static let batch = 1_000

    /// Sequences until shutdown.
    public func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await tick() }
                while await signals.sequencer.wait() { await sequence() }
                group.cancelAll()
            }
        } onGracefulShutdown: {
            signals.sequencer.finish()
        }
    }

    private func tick() async {
        do {
            try await every(sweep, on: clock) {
                signals.eventsWait()
                signals.eventsSequenced()  // what another replica sequenced and could not tell
            }
        } catch {
            return  // cancelled
        }
    }

    private func sequence() async {
        do throws(StoreError) {
            var given = Self.batch
            while given == Self.batch {
                given = try await store.sequence(limit: Self.batch)
                if given > 0 { publisher.feedSequenced() }
            }
        } catch {
            logger.debug("sequencing failed; the next sweep tries again", metadata: ["error": "\(error)"])
        }
    }
}
