// SPDX-License-Identifier: MIT

import Connect
import Locks
import Logging
import NIOCore

/// Shares calls out over the endpoints, and remembers how each fared.
final class Dispatcher: Sendable {
    private struct State {
        var rotation: EndpointRotation
        var budget: RetryBudget
    }

    /// Every endpoint's connections, in the order of the base URLs.
    let pools: [ConnectionPool]
    private let policy: RPCRetryPolicy
    private let logger: Logger
    private let chance: @Sendable () -> Double
    private let state: Mutex<State>

    /// A dispatcher that believes every endpoint to be well.
    init(
        _ pools: [ConnectionPool], _ configuration: RPCClientConfiguration, logger: Logger,
        chance: @escaping @Sendable () -> Double
    ) {
        self.pools = pools
        self.logger = logger
        self.chance = chance
        policy = configuration.retry
        state = Mutex(
            State(
                rotation: EndpointRotation(
                    count: pools.count, takesTurns: configuration.balancing == .roundRobin,
                    policy: configuration.ejection),
                budget: RetryBudget(capacity: policy.budgetCapacity, ratio: policy.budgetRatio)))
    }

    /// The ledger of a new call.
    func begin(_ idempotency: RPCIdempotency) -> RetryLedger {
        state.withLock { $0.budget.deposit() }
        return RetryLedger(policy: policy, idempotency: idempotency, endpointCount: pools.count)
    }

    /// The endpoint for the next attempt of a call that has been to those in `tried`.
    func pick(avoiding tried: Set<Int>) -> Int { state.withLock { $0.rotation.pick(at: .now(), avoiding: tried) } }

    /// The endpoint answered.
    func succeeded(_ index: Int) { state.withLock { $0.rotation.succeeded(index) } }

    /// An attempt failed: judges the endpoint, and says whether the call is tried again.
    func failed(
        _ index: Int, _ failure: CallFailure, _ ledger: inout RetryLedger, deadline: NIODeadline?, requestID: String
    ) -> RetryLedger.Decision {
        let timeLeft = deadline.map { Duration(max(.zero, $0 - .now())) }
        let chance = chance()
        let (decision, ejection) = state.withLock { state in
            let ejection = failure.fault.flatMap {
                state.rotation.failed(index, $0, at: .now(), chance: chance)
            }
            let decision = ledger.decide(failure, budget: &state.budget, timeLeft: timeLeft, chance: chance)
            return (decision, ejection)
        }
        if failure.fault == nil && failure.reach == .answered { succeeded(index) }
        log(index, failure, decision, ejection, attempts: ledger.attempts, requestID: requestID)
        return decision
    }

    /// Closes every connection.
    func shutDown() async {
        for pool in pools { await pool.shutDown() }
    }

    private func log(
        _ index: Int, _ failure: CallFailure, _ decision: RetryLedger.Decision, _ ejection: TimeAmount?, attempts: Int,
        requestID: String
    ) {
        var metadata: Logger.Metadata = [
            "endpoint": "\(pools[index].endpoint)", "error": "\(failure.error)", "request_id": "\(requestID)",
        ]
        if let ejection {
            metadata["milliseconds"] = "\(ejection.nanoseconds / 1_000_000)"
            logger.info("leaving an endpoint alone", metadata: metadata)
        }
        if case .retry(let wait) = decision {
            metadata["attempt"] = "\(attempts)"
            metadata["milliseconds"] = "\(wait / .milliseconds(1))"
            logger.debug("trying a call again", metadata: metadata)
        }
    }
}
