// SPDX-License-Identifier: MIT
import NIOCore
import NIOHTTP2

/// The life of one HTTP/2 connection: keepalive, idle and age limits, and the two GOAWAYs of a drain.
///
/// The library's own manager starts its timers when a channel becomes active, which is past when the protocol was found
/// out by looking at the first bytes.
final class HTTP2ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    /// Marks the pings that measure whether the client is there, and the one between the two GOAWAYs.
    private static let keepalivePing = HTTP2PingData(withInteger: 0x6b65_6570)
    private static let drainPing = HTTP2PingData(withInteger: 0x6472_6169)

    private let core: ServerCore
    private var context: ChannelHandlerContext?
    private var openStreams = 0
    private var lastStream = HTTP2StreamID.rootStream
    private var isDraining = false
    /// Opened while the server drains, by a balancer that has not noticed: it gets one stream before the GOAWAY.
    private var drainsAfterFirstStream = false
    private var hasSaidLast = false
    private var idleTimer: Scheduled<Void>?
    private var ageTimer: Scheduled<Void>?
    private var keepaliveTimer: Scheduled<Void>?
    private var ackTimer: Scheduled<Void>?

    init(core: ServerCore) { self.core = core }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let timers = core.configuration.timers
        if let age = timers.maxAge {
            let spread = age * Double.random(in: 0.9...1.1)
            ageTimer = schedule(in: spread) { $0.drain() }
        }
        startIdleTimer()
        startKeepalive()
        // A GOAWAY at once would refuse the request that the connection was opened for. A shutdown drains it without one.
        drainsAfterFirstStream = core.drain.isDraining
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        stopTimers()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        stopTimers()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .ping(let data, ack: true) = unwrapInboundIn(data).payload {
            if data == Self.keepalivePing { stop(&ackTimer) }
            if data == Self.drainPing { sayLast() }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event as? ConnectionEvent {
        case .drain, .shutdown: drain()
        case nil: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // An error of one stream is that stream's own affair; whatever else reaches this has broken the connection.
        // So is a frame of one that is over.
        if error is NIOHTTP2Errors.StreamError || error is NIOHTTP2Errors.NoSuchStream { return }
        context.close(promise: nil)
    }

    func streamCreated(_ id: HTTP2StreamID) {
        openStreams += 1
        lastStream = max(lastStream, id)
        stop(&idleTimer)
        guard drainsAfterFirstStream, let context else { return }
        // The library is in the middle of taking the stream in.
        context.eventLoop.assumeIsolated().execute { [weak self] in self?.drain() }
    }

    func streamClosed() {
        openStreams -= 1
        guard openStreams == 0 else { return }
        if isDraining {
            closeWhenDone()
        } else {
            startIdleTimer()
        }
    }

    /// Says that no stream will be taken after those on their way; what is on its way is known a round trip later.
    private func drain() {
        guard !isDraining else { return }
        isDraining = true
        stop(&idleTimer)
        write(.goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil))
        write(.ping(Self.drainPing, ack: false))
        context?.flush()
        // A client that does not answer must not keep the connection open for ever.
        ackTimer = schedule(in: core.configuration.timers.keepaliveTimeout) { $0.sayLast() }
    }

    private func sayLast() {
        guard isDraining, !hasSaidLast else { return }
        hasSaidLast = true
        stop(&ackTimer)
        write(.goAway(lastStreamID: lastStream, errorCode: .noError, opaqueData: nil))
        context?.flush()
        closeWhenDone()
    }

    private func closeWhenDone() {
        guard hasSaidLast, openStreams == 0 else { return }
        // After what is being flushed now: the last stream's own end may still be on its way through the pipeline.
        guard let context else { return }
        context.eventLoop.assumeIsolated().execute { context.close(promise: nil) }
    }

    private func startIdleTimer() {
        stop(&idleTimer)
        idleTimer = schedule(in: core.configuration.timers.idle) { $0.drain() }
    }

    private func startKeepalive() {
        keepaliveTimer = schedule(in: core.configuration.timers.keepalive) { handler in
            handler.startKeepalive()
            guard handler.ackTimer == nil else { return }
            handler.write(.ping(Self.keepalivePing, ack: false))
            handler.context?.flush()
            handler.ackTimer = handler.schedule(in: handler.core.configuration.timers.keepaliveTimeout) {
                $0.context?.close(promise: nil)
            }
        }
    }

    private func write(_ payload: HTTP2Frame.FramePayload) {
        context?.write(wrapOutboundOut(HTTP2Frame(streamID: .rootStream, payload: payload)), promise: nil)
    }

    private func schedule(
        in duration: Duration, _ action: @escaping (HTTP2ConnectionHandler) -> Void
    ) -> Scheduled<Void>? {
        context?.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(duration)) { [weak self] in
            if let self { action(self) }
        }
    }

    private func stop(_ timer: inout Scheduled<Void>?) {
        timer?.cancel()
        timer = nil
    }

    private func stopTimers() {
        stop(&idleTimer)
        stop(&ageTimer)
        stop(&keepaliveTimer)
        stop(&ackTimer)
    }
}

/// Tells a connection's handler of its streams. The library calls it on the connection's event loop.
struct HTTP2StreamCounter: NIOHTTP2StreamDelegate {
    let handler: NIOLoopBound<HTTP2ConnectionHandler>

    func streamCreated(_ id: HTTP2StreamID, channel: any Channel) { handler.value.streamCreated(id) }

    func streamClosed(_ id: HTTP2StreamID, channel: any Channel) { handler.value.streamClosed() }
}
