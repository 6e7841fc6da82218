// SPDX-License-Identifier: MIT

import Connect
import NIOCore
import NIOHTTP1

/// One request and its answer on one leased connection. Ends once: with the answer, a failure, the deadline or a cancel;
/// then the connection is given back.
final class Exchange: Sendable {
    private struct State {
        var isEnded = false
        /// True once a byte of the request may have left.
        var isSent = false
        var deadlineTimer: Scheduled<Void>?
        var handler: ExchangeHandler?
    }

    let request: ExchangeRequest
    let connection: Connection
    private let sink: any ExchangeSink
    private let state: NIOLoopBoundBox<State>

    /// An exchange that has not started. The connection's lease goes over to it.
    init(_ request: ExchangeRequest, on connection: Connection, sink: any ExchangeSink) {
        self.request = request
        self.connection = connection
        self.sink = sink
        state = .makeBoxSendingValue(State(), eventLoop: connection.eventLoop)
    }

    /// Sends the request. From any thread.
    func start() {
        onLoop { exchange in
            guard !exchange.state.value.isEnded else { return }
            exchange.scheduleDeadline()
            exchange.connection.carry(exchange)
        }
    }

    /// Ends the exchange unless it is over: the stream is reset, or the connection closed. From any thread.
    func cancel(_ failure: CallFailure) {
        onLoop { exchange in
            let handler = exchange.state.value.handler
            guard exchange.end(isReusable: handler == nil) else { return }
            exchange.sink.failed(failure)
            handler?.abort(exchange)
        }
    }

    /// The sink can take more. From any thread.
    func resume() { onLoop { $0.state.value.handler?.resume() } }

    private func onLoop(_ body: @escaping @Sendable (Exchange) -> Void) {
        if connection.eventLoop.inEventLoop {
            body(self)
        } else {
            connection.eventLoop.execute { body(self) }
        }
    }

    private func scheduleDeadline() {
        guard let deadline = request.deadline else { return }
        state.value.deadlineTimer = connection.eventLoop.scheduleTask(deadline: deadline) { [weak self] in
            self?.cancel(.deadline("before the answer was complete"))
        }
    }

    /// True for the first caller.
    private func end(isReusable: Bool) -> Bool {
        guard !state.value.isEnded else { return false }
        state.value.isEnded = true
        state.value.deadlineTimer?.cancel()
        state.value.deadlineTimer = nil
        state.value.handler = nil
        connection.release(isReusable: isReusable)
        return true
    }
}

/// What the channel handlers tell the exchange. On its event loop only.
extension Exchange {
    /// True when it is over; then nothing need be sent.
    var isEnded: Bool { state.value.isEnded }

    /// True once a byte of the request may have left.
    var isSent: Bool { state.value.isSent }

    /// A handler is about to send the request.
    func willSend(by handler: ExchangeHandler) {
        state.value.handler = handler
        state.value.isSent = true
    }

    /// The head of the answer came.
    func received(_ head: HTTPResponseHead) -> Bool { isEnded || sink.received(head) }

    /// A part of the body came.
    func received(_ body: ByteBuffer) -> Bool { isEnded || sink.received(body) }

    /// The answer is complete; `isReusable` tells whether the connection can carry another call.
    func ended(_ trailers: HTTPHeaders?, isReusable: Bool) {
        guard end(isReusable: isReusable) else { return }
        sink.ended(trailers)
    }

    /// The connection or stream failed.
    func failed(_ error: RPCError, notSent: Bool, isReusable: Bool = false) {
        guard end(isReusable: isReusable) else { return }
        let reach: CallFailure.Reach = notSent || !state.value.isSent ? .notSent : .maybeSent
        sink.failed(CallFailure(error: error, reach: reach))
    }
}
