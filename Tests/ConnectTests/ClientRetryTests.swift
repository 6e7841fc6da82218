// SPDX-License-Identifier: MIT

import Connect
import Testing

@testable import ConnectClient

@Suite struct ClientRetryTests {
    private static func failure(
        _ reach: CallFailure.Reach, _ code: RPCCode = .unavailable, isConnectFailure: Bool = false
    ) -> CallFailure {
        CallFailure(error: RPCError(code, "no"), reach: reach, isConnectFailure: isConnectFailure)
    }

    private static func decide(
        _ failure: CallFailure, _ idempotency: RPCIdempotency, attempts: Int = 1, endpoints: Int = 1,
        budget: inout RetryBudget, timeLeft: Duration? = nil, policy: RPCRetryPolicy = RPCRetryPolicy()
    ) -> RetryLedger.Decision {
        var ledger = RetryLedger(policy: policy, idempotency: idempotency, endpointCount: endpoints)
        for _ in 0..<attempts { ledger.begin() }
        return ledger.decide(failure, budget: &budget, timeLeft: timeLeft, chance: 1)
    }

    @Test(arguments: [
        (CallFailure.Reach.notSent, RPCIdempotency.unknown, true), (.maybeSent, .unknown, false),
        (.maybeSent, .idempotent, true), (.answered, .unknown, false), (.answered, .noSideEffects, true),
        (.ended, .idempotent, false),
    ])
    func onlyWhatIsSafeIsTriedAgain(reach: CallFailure.Reach, idempotency: RPCIdempotency, isRetried: Bool) {
        var budget = RetryBudget(capacity: 10, ratio: 0)
        let decision = Self.decide(Self.failure(reach), idempotency, budget: &budget)
        #expect((decision != .giveUp) == isRetried)
    }

    @Test func codesOutsideThePolicyAreFinal() {
        var budget = RetryBudget(capacity: 10, ratio: 0)
        for code in RPCCode.allCases where code != .unavailable {
            #expect(Self.decide(Self.failure(.answered, code), .idempotent, budget: &budget) == .giveUp)
        }
        #expect(budget.tokens == 10)
    }

    @Test func whatCostNoServerAnythingCostsTheBudgetNothing() {
        var budget = RetryBudget(capacity: 0, ratio: 0)
        #expect(Self.decide(Self.failure(.notSent), .unknown, budget: &budget) == .retry(after: .zero))
        let again = Self.decide(Self.failure(.notSent), .unknown, attempts: 2, budget: &budget)
        #expect(again == .retry(after: .milliseconds(50)))
        let refused = Self.failure(.notSent, isConnectFailure: true)
        #expect(Self.decide(refused, .unknown, endpoints: 2, budget: &budget) == .retry(after: .zero))
        #expect(Self.decide(refused, .unknown, attempts: 2, endpoints: 2, budget: &budget) == .giveUp)
    }

    @Test func everyBaseURLIsTriedEvenPastTheMostAttempts() {
        var budget = RetryBudget(capacity: 0, ratio: 0)
        let refused = Self.failure(.notSent, isConnectFailure: true)
        #expect(Self.decide(refused, .unknown, attempts: 4, endpoints: 5, budget: &budget) == .retry(after: .zero))
        #expect(Self.decide(refused, .unknown, attempts: 5, endpoints: 5, budget: &budget) == .giveUp)
    }

    @Test func anEmptyBudgetEndsRetries() {
        var budget = RetryBudget(capacity: 2, ratio: 0.5)
        let outcomes = (0..<3).map { _ in Self.decide(Self.failure(.answered), .idempotent, budget: &budget) }
        #expect(outcomes.map { $0 != .giveUp } == [true, true, false])
        let afterCalls = (0..<2).map { _ in
            budget.deposit()
            return budget.withdraw()
        }
        #expect(afterCalls == [false, true])
    }

    @Test func aBudgetSavesUpNoMoreThanItsCapacity() {
        var budget = RetryBudget(capacity: 1, ratio: 0.5)
        for _ in 0..<10 { budget.deposit() }
        #expect(budget.tokens == 1)
    }

    @Test func waitsDoubleUpToTheLongest() {
        var policy = RPCRetryPolicy()
        policy.maxAttempts = 20
        var ledger = RetryLedger(policy: policy, idempotency: .idempotent, endpointCount: 1)
        var budget = RetryBudget(capacity: 20, ratio: 0)
        let waits = (0..<8).map { _ in
            ledger.begin()
            return ledger.decide(Self.failure(.answered), budget: &budget, timeLeft: nil, chance: 1)
        }
        #expect(waits == [50, 100, 200, 400, 800, 1600, 2000, 2000].map { .retry(after: .milliseconds($0)) })
    }

    @Test func aWaitPastTheDeadlineIsNoRetry() {
        var budget = RetryBudget(capacity: 5, ratio: 0)
        let failure = Self.failure(.answered)
        #expect(Self.decide(failure, .idempotent, budget: &budget, timeLeft: .milliseconds(50)) == .giveUp)
        #expect(Self.decide(failure, .idempotent, budget: &budget, timeLeft: .milliseconds(51)) != .giveUp)
        #expect(budget.tokens == 4)
    }

    @Test func aServerThatNamesAWaitGetsIt() {
        var info = Google_Rpc_RetryInfo()
        info.retryDelay.nanos = 7_000_000
        var shed = Self.failure(.answered, .resourceExhausted)
        shed.error.details = [RPCErrorDetail(info)]
        var budget = RetryBudget(capacity: 5, ratio: 0)
        #expect(Self.decide(shed, .idempotent, budget: &budget) == .retry(after: .milliseconds(7)))
        #expect(Self.decide(shed, .unknown, budget: &budget) == .giveUp)
        info.retryDelay.seconds = 1 << 40
        shed.error.details = [RPCErrorDetail(info)]
        #expect(Self.decide(shed, .idempotent, budget: &budget) == .giveUp)
    }

    @Test func aPolicyOfNoRetriesMakesNone() {
        var budget = RetryBudget(capacity: 5, ratio: 0)
        #expect(Self.decide(Self.failure(.notSent), .idempotent, budget: &budget, policy: .never) == .giveUp)
    }
}
