// SPDX-License-Identifier: MIT
import FoundationEssentials
import Locks
import Logging
import Metrics
import NavarchModel
import NavarchStore
import ServiceLifecycle

/// Holds the replica's one session connection (C6): hears of changes, proves that it hears (C4), and leads what it can (C15). When the session
/// dies everything that it led ends at once, before it connects again.
public struct ReplicaSession: Service {
    let store: any CoordinationStore
    let replica: ReplicaID
    let loops: [LedLoop]
    let wakeups: NodeWakeups
    let feedSignals: FeedSignals
    let readiness: Readiness
    let clock: any Clock<Duration>
    let logger: Logger

    /// Between canaries; unheard twice means deaf (C4), so a deaf LISTEN is noticed within 15 s.
    static let canaryInterval = Duration.seconds(4)
    /// Between pings and between tries to lead (C15).
    static let beat = Duration.seconds(1)

    private enum SessionEnd: Error { case deaf, untrusted, closed }

    /// Keeps a session until shutdown.
    public func run() async throws {
        var backoff = Backoff(first: .milliseconds(200), limit: .seconds(2))
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            do {
                try await cancelWhenGracefulShutdown {
                    try await store.withSession(of: replica) { session in
                        try await serve(session)
                    }
                }
            } catch is CancellationError {
                break
            } catch {
                logger.warning(
                    "session connection lost; leading nothing until it is back", metadata: ["error": "\(error)"])
                Counter(label: "navarch_session_losses_total").increment()
            }
            readiness.hears(false)
            // A cancelled sleep is the end of the loop, by its condition.
            try? await cancelWhenGracefulShutdown { [wait = backoff.next(unit: Double.random(in: 0.5..<1))] in
                try await clock.sleep(for: wait)
            }
        }
        readiness.hears(false)
    }

    private func serve(_ session: any CoordinationSession) async throws {
        let trust = SessionTrust(openedAt: .now)
        let canary = Canary()
        wakeups.wakeAll(by: .session)  // whatever was missed while nobody listened (C4)
        feedSignals.eventsWait()
        feedSignals.eventsSequenced()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await hear(session, canary) }
            group.addTask { try await ping(session, trust) }
            group.addTask { try await prove(canary) }
            for loop in loops { group.addTask { try await lead(loop, session, trust) } }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func hear(_ session: any CoordinationSession, _ canary: Canary) async throws {
        for await change in session.changes {
            switch change {
            case .commands(let keys): wakeups.wake(keys, by: .notify)
            case .feed: feedSignals.eventsSequenced()
            case .canary(let token):
                canary.heard(token)
                readiness.hears(true)
            }
        }
        try Task.checkCancellation()
        throw SessionEnd.closed
    }

    private func prove(_ canary: Canary) async throws {
        try await every(Self.canaryInterval, on: clock) {
            guard let token = canary.next() else { throw SessionEnd.deaf }
            do throws(StoreError) {
                try await store.sendCanary(token, to: replica)
            } catch {
                canary.unsent()  // the pool's trouble says nothing about our ears
            }
        }
    }

    private func ping(_ session: any CoordinationSession, _ trust: SessionTrust) async throws {
        try await every(Self.beat, on: clock) {
            let sent = ContinuousClock.now
            try await session.ping()
            trust.answered(pingSentAt: sent)
        }
    }

    private func lead(_ loop: LedLoop, _ session: any CoordinationSession, _ trust: SessionTrust) async throws {
        while true {
            guard let term = try await session.tryLead(loop.name, as: replica) else {
                try await clock.sleep(for: Self.beat)
                continue
            }
            logger.info("leading", metadata: ["loop": "\(loop.name)", "term": "\(term.number)"])
            try await rounds(of: loop, under: term, trust)
            try await session.resign(loop.name)
            try await clock.sleep(for: Self.beat)
        }
    }

    /// Rounds until the term is over; other failures are tried again in the next round.
    private func rounds(of loop: LedLoop, under term: Term, _ trust: SessionTrust) async throws {
        while true {
            guard trust.holds(at: .now) else { throw SessionEnd.untrusted }
            do throws(StoreError) {
                try await loop.round(term)
            } catch  where error.code == .stale {
                logger.warning("term is over", metadata: ["loop": "\(loop.name)", "term": "\(term.number)"])
                return
            } catch {
                logger.warning("round failed", metadata: ["loop": "\(loop.name)", "error": "\(error)"])
            }
            try await clock.sleep(for: loop.interval)
        }
    }
}

/// Which canary is out and how many went unheard (C4).
final class Canary: Sendable {
    private struct State {
        var outstanding: String?
        var unheard = 0
    }

    private let state = Mutex(State())

    /// The next token to send; nil when two in a row were not heard.
    func next() -> String? {
        state.withLock { state in
            if state.outstanding != nil { state.unheard += 1 }
            guard state.unheard < 2 else { return nil }
            let token = UUID().uuidString
            state.outstanding = token
            return token
        }
    }

    func heard(_ token: String) {
        state.withLock { state in
            guard state.outstanding == token else { return }
            state = State()
        }
    }

    func unsent() { state.withLock { $0.outstanding = nil } }
}
