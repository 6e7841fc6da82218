// SPDX-License-Identifier: MIT

import Connect
import Locks
import NIOCore
import NIOHTTP1

/// Holds what came of a streamed answer until its reader takes it, and stops the connection's reading past a mark.
final class StreamInbox: ExchangeSink {
    /// One part of an answer.
    enum Part: Sendable {
        case head(HTTPResponseHead)
        case body(ByteBuffer)
        case end(HTTPHeaders)
    }

    private typealias Outcome = Result<Part, CallFailure>

    private struct State {
        var parts = CircularBuffer<Part>(initialCapacity: 2)
        var bytes = 0
        var failure: CallFailure?
        var reader: CheckedContinuation<Outcome, Never>?
        var isPaused = false
        /// Nil when it is over: it holds the inbox, so the inbox must not hold it for ever.
        var exchange: Exchange?
    }

    /// Past this many bytes nothing more is read until half of it is taken: enough for a fast stream, little for many.
    private static let highWaterMark = 256 << 10

    private let state = Mutex(State())

    /// An inbox without an exchange.
    init() {}

    /// Starts the exchange that fills this inbox.
    func start(_ exchange: Exchange) {
        state.withLock { $0.exchange = exchange }
        exchange.start()
    }

    /// Ends the exchange, when it is not over; what is in the inbox already is dropped.
    func cancel(_ failure: CallFailure) {
        let exchange = state.withLock { $0.exchange }
        failed(failure)
        exchange?.cancel(failure)
    }

    /// The next part. One reader at a time. Cancelling the task cancels the exchange.
    ///
    /// - Throws: Why there will be no more of the answer, and again each time.
    func next() async throws(CallFailure) -> Part {
        if let outcome = takeNow() { return try outcome.get() }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let early = state.withLock { state -> Outcome? in
                    precondition(state.reader == nil, "a stream has one reader")
                    if let outcome = Self.take(&state) { return outcome }
                    state.reader = continuation
                    return nil
                }
                if let early { continuation.resume(returning: early) }
            }
        } onCancel: {
            cancel(.canceled)
        }
        resumeIfDrained()
        return try outcome.get()
    }

    func received(_ head: HTTPResponseHead) -> Bool { offer(.head(head), bytes: 0) }

    func received(_ body: ByteBuffer) -> Bool { offer(.body(body), bytes: body.readableBytes) }

    func ended(_ trailers: HTTPHeaders?) {
        _ = offer(.end(trailers ?? [:]), bytes: 0)
        state.withLock { $0.exchange = nil }
    }

    func failed(_ failure: CallFailure) {
        let reader = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
            guard state.failure == nil else { return nil }
            state.failure = failure
            state.exchange = nil
            // Answers that came before a connection broke still count; a caller that left wants none of them.
            if failure.reach == .ended { state.parts.removeAll() }
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: .failure(failure))
    }

    private func offer(_ part: Part, bytes: Int) -> Bool {
        let (reader, wantsMore) = state.withLock { state -> (CheckedContinuation<Outcome, Never>?, Bool) in
            if let reader = state.reader {
                state.reader = nil
                return (reader, true)
            }
            guard state.failure == nil else { return (nil, true) }
            state.parts.append(part)
            state.bytes += bytes
            state.isPaused = state.bytes >= Self.highWaterMark
            return (nil, !state.isPaused)
        }
        reader?.resume(returning: .success(part))
        return wantsMore
    }

    private func takeNow() -> Outcome? {
        let outcome = state.withLock { Self.take(&$0) }
        if outcome != nil { resumeIfDrained() }
        return outcome
    }

    private static func take(_ state: inout State) -> Outcome? {
        if let part = state.parts.popFirst() {
            if case .body(let body) = part { state.bytes -= body.readableBytes }
            return .success(part)
        }
        return state.failure.map { .failure($0) }
    }

    private func resumeIfDrained() {
        let exchange = state.withLock { state -> Exchange? in
            guard state.isPaused, state.bytes <= Self.highWaterMark / 2 else { return nil }
            state.isPaused = false
            return state.exchange
        }
        exchange?.resume()
    }
}
