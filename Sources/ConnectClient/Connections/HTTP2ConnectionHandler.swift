// SPDX-License-Identifier: MIT

import Connect
import NIOCore
import NIOHTTP2

/// Watches an HTTP/2 connection as a whole: its settings, its goodbye, and whether its server is still there.
final class HTTP2ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    /// What the pool must know. Called on the event loop.
    struct Events: Sendable {
        /// The server allows this many streams at once.
        var capacityChanged: @Sendable (Int) -> Void
        /// No new streams.
        var isLeaving: @Sendable () -> Void
    }

    /// What a server allows that names no limit.
    static let unlimited = Int(Int32.max)

    private let ready: EventLoopPromise<Int>
    private let lastServedStream: NIOLoopBoundBox<HTTP2StreamID?>
    private let events: Events
    private let interval: TimeAmount?
    private let patience: TimeAmount
    private var isReady = false
    private var pingTask: RepeatedTask?
    private var ackTimer: Scheduled<Void>?

    /// A handler that succeeds `ready` with the number of streams allowed once the server's settings are here.
    init(
        ready: EventLoopPromise<Int>, lastServedStream: NIOLoopBoundBox<HTTP2StreamID?>, events: Events,
        pingEvery interval: TimeAmount?, patience: TimeAmount
    ) {
        self.ready = ready
        self.lastServedStream = lastServedStream
        self.events = events
        self.interval = interval
        self.patience = patience
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.payload {
        case .settings(.settings(let settings)): received(settings, context)
        case .goAway(let lastStreamID, _, _):
            lastServedStream.value = lastStreamID
            events.isLeaving()
        case .ping(_, ack: true):
            ackTimer?.cancel()
            ackTimer = nil
        case .ping, .settings, .alternativeService, .origin, .data, .headers, .priority, .pushPromise, .rstStream,
            .windowUpdate:
            break
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Errors of one stream reach that stream's own channel.
        switch error {
        case is NIOHTTP2Errors.StreamError, is NIOHTTP2Errors.NoSuchStream, is NIOHTTP2Errors.StreamClosed,
            is NIOHTTP2Errors.CreatedStreamAfterGoaway:
            return
        default:
            if !isReady { ready.fail(error) }
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        pingTask?.cancel()
        ackTimer?.cancel()
        ackTimer = nil
        if !isReady { ready.fail(ChannelError.eof) }
        context.fireChannelInactive()
    }

    private func received(_ settings: HTTP2Settings, _ context: ChannelHandlerContext) {
        let limit = settings.last { $0.parameter == .maxConcurrentStreams }?.value
        guard isReady else {
            isReady = true
            startPings(context)
            ready.succeed(limit ?? Self.unlimited)
            return
        }
        if let limit { events.capacityChanged(limit) }
    }

    private func startPings(_ context: ChannelHandlerContext) {
        guard let interval else { return }
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        pingTask = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            let (handler, context) = loopBound.value
            handler.ping(context)
        }
    }

    private func ping(_ context: ChannelHandlerContext) {
        guard ackTimer == nil else { return }
        let frame = HTTP2Frame(streamID: .rootStream, payload: .ping(HTTP2PingData(withInteger: 1), ack: false))
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        let channel = context.channel
        ackTimer = context.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
    }
}
