// SPDX-License-Identifier: MIT
import Locks

/// How long this replica may still believe that it holds its session's locks (C15). A ping that was answered proves that the server held the
/// session when the ping was *sent*; the server frees the locks of a silent session after 4 s, so trust ends after 3. Pure but for its lock.
final class SessionTrust: Sendable {
    /// From the sending of the last answered ping.
    static let length = Duration.seconds(3)

    private let lastProof: Mutex<ContinuousClock.Instant>

    init(openedAt: ContinuousClock.Instant) { lastProof = Mutex(openedAt) }

    func answered(pingSentAt sent: ContinuousClock.Instant) {
        lastProof.withLock { $0 = max($0, sent) }
    }

    func holds(at now: ContinuousClock.Instant) -> Bool {
        lastProof.withLock { now - $0 < Self.length }
    }
}
