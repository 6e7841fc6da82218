// SPDX-License-Identifier: MIT

import Connect
import Locks
import NIOCore
import NIOHTTP1

/// A whole answer.
struct CollectedAnswer: Sendable {
    /// Status and headers.
    var head: HTTPResponseHead
    /// The body.
    var body: ByteBuffer
    /// The trailers, empty when there were none.
    var trailers: HTTPHeaders
}

/// Collects the answer to a unary call and hands it over in one piece.
final class UnaryCollector: ExchangeSink {
    private typealias Outcome = Result<CollectedAnswer, CallFailure>

    private struct State {
        var head: HTTPResponseHead?
        var body = ByteBuffer()
        var outcome: Outcome?
        var continuation: CheckedContinuation<Outcome, Never>?
        var isTooLong = false
    }

    private let limit: Int
    private let state = Mutex(State())

    /// A collector for at most `limit` bytes of body.
    init(limit: Int) { self.limit = limit }

    /// Starts the exchange and waits for its answer. Cancelling the task cancels the exchange.
    func answer(of exchange: Exchange) async throws(CallFailure) -> CollectedAnswer {
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let early = state.withLock { state -> Outcome? in
                    if state.outcome == nil { state.continuation = continuation }
                    return state.outcome
                }
                if let early {
                    continuation.resume(returning: early)
                } else {
                    exchange.start()
                }
            }
        } onCancel: {
            exchange.cancel(.canceled)
        }
        return try outcome.get()
    }

    func received(_ head: HTTPResponseHead) -> Bool {
        state.withLock { $0.head = head }
        return true
    }

    func received(_ body: ByteBuffer) -> Bool {
        state.withLock { state in
            // What is past the limit is read and dropped: the rest of an answer costs less than a new connection, and the
            // deadline bounds it.
            guard !state.isTooLong, state.body.readableBytes + body.readableBytes <= limit else {
                state.isTooLong = true
                return
            }
            if state.body.readableBytes == 0 {
                state.body = body
            } else {
                state.body.writeImmutableBuffer(body)
            }
        }
        return true
    }

    func ended(_ trailers: HTTPHeaders?) {
        let answer = state.withLock { state -> Outcome in
            guard let head = state.head else {
                return .failure(
                    CallFailure(error: RPCError(.internalError, "the answer has no head"), reach: .answered))
            }
            if state.isTooLong {
                let error = RPCError(.resourceExhausted, "the answer is longer than the \(limit) bytes allowed")
                return .failure(CallFailure(error: error, reach: .answered))
            }
            return .success(CollectedAnswer(head: head, body: state.body, trailers: trailers ?? [:]))
        }
        finish(answer)
    }

    func failed(_ failure: CallFailure) { finish(.failure(failure)) }

    private func finish(_ outcome: Outcome) {
        let continuation = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
            state.outcome = outcome
            state.body = ByteBuffer()
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(returning: outcome)
    }
}
