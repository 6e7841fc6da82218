// SPDX-License-Identifier: MIT

import Connect
import NIOCore
import NIOHTTP1

/// The attempts of one call: where the next one goes, and what a failed one leads to.
struct Attempts: Sendable {
    private let dispatcher: Dispatcher
    private var ledger: RetryLedger
    private var tried: Set<Int> = []
    private var index = 0
    /// When the call must be over.
    let deadline: NIODeadline?
    private let requestID: String

    /// The attempts of a call that has made none.
    init(_ dispatcher: Dispatcher, _ idempotency: RPCIdempotency, deadline: NIODeadline?, requestID: String) {
        self.dispatcher = dispatcher
        self.deadline = deadline
        self.requestID = requestID
        ledger = dispatcher.begin(idempotency)
    }

    /// Where the next attempt goes.
    mutating func next() -> ConnectionPool {
        ledger.begin()
        index = dispatcher.pick(avoiding: tried)
        tried.insert(index)
        return dispatcher.pools[index]
    }

    /// The attempt was answered.
    func succeeded() { dispatcher.succeeded(index) }

    /// The attempt failed. Returns when it is time for the next.
    ///
    /// - Throws: The error of the call, when there is no next.
    mutating func failed(_ failure: CallFailure) async throws(RPCError) {
        let decision = dispatcher.failed(index, failure, &ledger, deadline: deadline, requestID: requestID)
        switch decision {
        case .giveUp: throw failure.error
        case .retry(let wait):
            guard wait > .zero else { return }
            do {
                try await Task.sleep(for: wait)
            } catch {
                throw CallFailure.canceled.error
            }
        }
    }
}
