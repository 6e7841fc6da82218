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
    private var paidRetries = 0

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
    /// What never reached a server is tried again at once on an endpoint not tried yet, without touching the budget: it
    /// cost no server anything. All else needs an idempotent method, a code of the policy's, a retry in the budget and
    /// time before the deadline.
    mutating func decide(
        _ failure: CallFailure, budget: inout RetryBudget, timeLeft: Duration?, chance: Double
    ) -> Decision {
        guard policy.maxAttempts > 1 else { return .giveUp }
        if failure.reach == .notSent, attempts < max(policy.maxAttempts, endpointCount) {
            if !failure.isConnectFailure || attempts < endpointCount { return .retry(after: .zero) }
        }
        guard attempts < policy.maxAttempts, isRepeatable(failure) else { return .giveUp }
        let wait = failure.retryHint ?? backoff(chance)
        guard wait <= Self.longestWait else { return .giveUp }
        if let timeLeft, wait >= timeLeft { return .giveUp }
        guard budget.withdraw() else { return .giveUp }
        paidRetries += 1
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
        let longest = min(policy.firstBackoff * Double(1 << min(paidRetries, 16)), policy.longestBackoff)
        return longest * (0.5 + 0.5 * chance)
    }
}
