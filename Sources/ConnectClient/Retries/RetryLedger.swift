// SPDX-License-Identifier: MIT

import Connect

/// Whether one call is tried again, and when. Pure: budget, chance and the time left are arguments.
struct RetryLedger: Sendable {
    /// What to do about a failed attempt.
    enum Decision: Sendable, Equatable {
        /// The call has failed.
        case giveUp
        /// Try again after a wait.
        case retry(after: Duration)
    }

    /// A server that asks for more than this wants the caller to know, not to wait.
    private static let longestWait: Duration = .seconds(60)

    private let policy: RPCRetryPolicy
    private let isIdempotent: Bool
    private let endpointCount: Int
    private(set) var attempts = 0
    private var waits = 0

    /// The ledger of a call that has made no attempt yet.
    init(policy: RPCRetryPolicy, idempotency: RPCIdempotency, endpointCount: Int) {
        self.policy = policy
        self.endpointCount = endpointCount
        switch idempotency {
        case .unknown: isIdempotent = false
        case .noSideEffects, .idempotent: isIdempotent = true
        }
    }

    /// An attempt begins.
    mutating func begin() { attempts += 1 }

    /// Decides about an attempt that failed.
    ///
    /// What never reached a server is tried again without touching the budget, since it cost no server anything: at once
    /// the first time and on each endpoint not tried yet, else after a wait. All else needs an idempotent method, a code of the policy's, a retry in the budget and
    /// time before the deadline.
    mutating func decide(
        _ failure: CallFailure, budget: inout RetryBudget, timeLeft: Duration?, chance: Double
    ) -> Decision {
        guard policy.maxAttempts > 1 else { return .giveUp }
        if failure.reach == .notSent, attempts < max(policy.maxAttempts, endpointCount) {
            if attempts < endpointCount || (attempts == 1 && !failure.isConnectFailure) { return .retry(after: .zero) }
            if !failure.isConnectFailure { return retry(after: backoff(chance), timeLeft) }
        }
        guard attempts < policy.maxAttempts, isRepeatable(failure) else { return .giveUp }
        let wait = failure.retryHint ?? backoff(chance)
        let decision = retry(after: wait, timeLeft)
        guard decision != .giveUp, budget.withdraw() else { return .giveUp }
        return decision
    }

    private mutating func retry(after wait: Duration, _ timeLeft: Duration?) -> Decision {
        guard wait <= Self.longestWait else { return .giveUp }
        if let timeLeft, wait >= timeLeft { return .giveUp }
        waits += 1
        return .retry(after: wait)
    }

    private func isRepeatable(_ failure: CallFailure) -> Bool {
        switch failure.reach {
        case .notSent: true
        case .ended: false
        case .maybeSent, .answered:
            isIdempotent && (policy.codes.contains(failure.error.code) || failure.retryHint != nil)
        }
    }

    private func backoff(_ chance: Double) -> Duration {
        let longest = min(policy.firstBackoff * Double(1 << min(waits, 16)), policy.longestBackoff)
        return longest * (0.5 + 0.5 * chance)
    }
}
