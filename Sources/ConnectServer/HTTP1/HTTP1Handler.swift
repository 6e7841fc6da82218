// SPDX-License-Identifier: MIT
import Connect
import NIOCore
import NIOHTTP1

/// One HTTP/1.1 connection: a request after the other, in order, however many the client sends ahead.
final class HTTP1Handler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// Parts that may wait behind an unfinished call before the socket is left unread.
    private static let maxWaitingParts = 64

    let core: ServerCore
    let remoteAddress: String
    var context: ChannelHandlerContext?

    /// The call in progress: from its head to the end of its answer and of its request.
    var call: ServerCall?
    var waiting: CircularBuffer<HTTPServerRequestPart> = []
    var isRequestWhole = true
    var isAnswered = true
    var isHeadRequest = false
    var isVersion10 = false
    var isChunked = false
    /// The client or we want the connection to end with this answer.
    var closesAfterAnswer = false
    var isClosing = false
    /// Set by the first drain, for good.
    var isDraining = false
    var discardedBytes = 0

    private var isReading = false
    private var needsFlush = false
    private var isReadHeld = false
    var timer = ConnectionTimer()

    init(core: ServerCore, remoteAddress: String) {
        self.core = core
        self.remoteAddress = remoteAddress
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        isDraining = core.drain.isDraining
        timer.start(context.eventLoop, in: core.times.idle) { [weak self] in self?.timeIsUp() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer.stop()
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        let part = unwrapInboundIn(data)
        if isClosing { return }
        if isBusy {
            waiting.append(part)
        } else {
            process(part)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        if needsFlush {
            needsFlush = false
            context.flush()
        }
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if waiting.count >= Self.maxWaitingParts {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        call?.writabilityChanged()
        if context.channel.isWritable { processWaiting() }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosing = true
        waiting = []
        timer.stop()
        let call = self.call
        self.call = nil
        call?.connectionLost()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event as? ConnectionEvent {
        case .drain: isDraining = true
        case .shutdown:
            isDraining = true
            if call == nil, waiting.isEmpty { close() }
        case nil: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError, call == nil, !isClosing else { return close() }
        let isTooLong = (error as? HTTPParserError) == .headerOverflow
        let head = ResponseHead(status: isTooLong ? 431 : 400, contentType: "text/plain", requestID: RequestID.make())
        var buffer = context.channel.allocator.buffer(capacity: 256)
        HTTP1ResponseWriter.write(head, framing: .length(0), closes: true, to: &buffer)
        isClosing = true
        context.write(wrapOutboundOut(buffer), promise: nil)
        linger(context)
    }

    /// Writes; flushes at the end of what was read when this answers a part of it, else at once.
    func write(_ buffer: ByteBuffer) {
        guard let context else { return }
        context.write(wrapOutboundOut(buffer), promise: nil)
        if isReading {
            needsFlush = true
        } else {
            context.flush()
        }
    }

    func close() {
        isClosing = true
        context?.close(promise: nil)
    }

    /// Closes once all that was written has left.
    func closeAfterFlush() {
        isClosing = true
        guard let context else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }

    /// Closes our side, and the rest a little later: closing a socket with unread bytes in it resets the connection, and a
    /// reset can overtake the answer.
    private func linger(_ context: ChannelHandlerContext) {
        isClosing = true
        context.flush()
        context.close(mode: .output, promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(500)) { context.close(promise: nil) }
    }

    /// Goes on with what waited, when nothing is in its way any more.
    func processWaiting() {
        while !isBusy, !isClosing, !waiting.isEmpty { process(waiting.removeFirst()) }
        if isReadHeld, waiting.count < Self.maxWaitingParts {
            isReadHeld = false
            context?.read()
        }
    }

    /// True while a whole request waits for its answer, or the client does not read the answers before.
    private var isBusy: Bool { isRequestWhole && (!isAnswered || context?.channel.isWritable == false) }
}
