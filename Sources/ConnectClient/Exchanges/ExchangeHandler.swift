// SPDX-License-Identifier: MIT

import Connect
import NIOCore
import NIOHTTP1

/// The last handler of an HTTP/1.1 connection, or of one HTTP/2 stream: sends the request of the exchange it carries and
/// hands on the answer. Reads no faster than the sink takes.
final class ExchangeHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = Never
    typealias OutboundOut = HTTPClientRequestPart

    /// HTTP/2 streams carry one exchange each; HTTP/1.1 connections one after the other.
    private let isStream: Bool
    private let classify: (any Error) -> TransportFault
    private var context: ChannelHandlerContext?
    private var exchange: Exchange?
    /// Sent as soon as the channel is active.
    var pending: Exchange?
    private var keepsAlive = false
    private var isPaused = false
    private var readIsHeld = false

    /// A handler for one stream of HTTP/2, or for a connection of HTTP/1.1. `classify` says what a channel's error means.
    init(isStream: Bool, classify: @escaping (any Error) -> TransportFault) {
        self.isStream = isStream
        self.classify = classify
    }

    /// Sends an exchange's request. The channel must be active and carry no other.
    func begin(_ exchange: Exchange) {
        guard !exchange.isEnded else { return abort(exchange) }
        guard let context, context.channel.isActive else {
            exchange.failed(RPCError(.unavailable, "the connection was closed before the call"), notSent: true)
            return
        }
        precondition(self.exchange == nil, "a channel carries one exchange at a time")
        self.exchange = exchange
        keepsAlive = false
        exchange.willSend(by: self)
        context.write(wrapOutboundOut(.head(exchange.request.head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(exchange.request.body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// Gives up an exchange that has ended early: resets the stream, or closes the connection.
    func abort(_ exchange: Exchange) {
        self.exchange = nil
        context?.close(promise: nil)
    }

    /// The sink can take more.
    func resume() {
        guard isPaused else { return }
        isPaused = false
        if readIsHeld {
            readIsHeld = false
            context?.read()
        }
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        guard let exchange = pending else { return }
        pending = nil
        begin(exchange)
    }

    func read(context: ChannelHandlerContext) {
        if isPaused {
            readIsHeld = true
        } else {
            context.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let exchange else {
            // HTTP/1.1: an answer that nobody asked for; nothing after it can be trusted.
            if !isStream { context.close(promise: nil) }
            return
        }
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard head.status.code >= 200 else { return }
            keepsAlive = head.isKeepAlive
            if !exchange.received(head) { isPaused = true }
        case .body(let body):
            if !exchange.received(body) { isPaused = true }
        case .end(let trailers):
            self.exchange = nil
            resume()
            exchange.ended(trailers, isReusable: isStream || keepsAlive)
            if !isStream && !keepsAlive { context.close(promise: nil) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let carried = exchange
        exchange = nil
        carried?.failed(
            RPCError(.unavailable, "the connection was closed before the answer was complete"), notSent: false,
            isReusable: isStream)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let carried = exchange
        exchange = nil
        let fault = classify(error)
        carried?.failed(fault.error, notSent: fault.notSent, isReusable: isStream)
        if fault.isOnTheWire { context.close(promise: nil) }
    }
}

/// What an error of a channel means for the call on it.
struct TransportFault: Sendable {
    /// What the caller gets.
    var error: RPCError
    /// True when no server can have acted on the request.
    var notSent = false
    /// False for a stream that the server never heard of: resetting it would break the rules.
    var isOnTheWire = true
}
