// SPDX-License-Identifier: MIT
import NIOCore

/// Tells HTTP/2 with prior knowledge from HTTP/1.1 by the first bytes of a connection, sets its pipeline up, and goes away.
///
/// A client may send the preface a byte at a time: as long as what came is the beginning of it, nothing is decided.
final class PrefaceSniffer: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// What every HTTP/2 client sends first.
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private let timeout: TimeAmount
    private let decide: (_ isHTTP2: Bool, _ context: ChannelHandlerContext) throws -> Void
    private var seen: ByteBuffer?
    private var isDecided = false
    private var timer: Scheduled<Void>?

    init(timeout: TimeAmount, decide: @escaping (_ isHTTP2: Bool, _ context: ChannelHandlerContext) throws -> Void) {
        self.timeout = timeout
        self.decide = decide
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { context.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isDecided { return context.fireChannelRead(data) }
        var chunk = unwrapInboundIn(data)
        seen.setOrWriteBuffer(&chunk)
        guard let bytes = seen else { return }
        let beginning = bytes.readableBytesView.prefix(Self.preface.count)
        let isHTTP2 = beginning.elementsEqual(Self.preface.prefix(beginning.count))
        if isHTTP2, beginning.count < Self.preface.count { return }
        isDecided = true
        stopTimer()
        do {
            try decide(isHTTP2, context)
        } catch {
            return context.close(promise: nil)
        }
        seen = nil
        context.fireChannelRead(wrapInboundOut(bytes))
        context.fireChannelReadComplete()
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        stopTimer()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { stopTimer() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Nothing has been asked yet: the client of a server that shuts down is better off elsewhere.
        if case .shutdown? = event as? ConnectionEvent, !isDecided { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isDecided {
            context.fireErrorCaught(error)
        } else {
            context.close(promise: nil)
        }
    }

    private func stopTimer() {
        timer?.cancel()
        timer = nil
    }
}
