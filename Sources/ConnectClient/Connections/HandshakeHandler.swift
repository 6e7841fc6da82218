// SPDX-License-Identifier: MIT

import NIOCore
import NIOTLS

/// Waits for the TLS handshake, and for the agreement on HTTP/2 where it is needed.
final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    /// Why a connection with TLS cannot be used.
    enum Failure: Error, CustomStringConvertible {
        /// The server did not choose `h2`.
        case noHTTP2

        var description: String {
            switch self {
            case .noHTTP2: "the server does not speak HTTP/2 over TLS"
            }
        }
    }

    /// Succeeds when the connection may be used.
    let done: EventLoopPromise<Void>
    private let needsHTTP2: Bool

    init(done: EventLoopPromise<Void>, needsHTTP2: Bool) {
        self.done = done
        self.needsHTTP2 = needsHTTP2
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let negotiated)? = event as? TLSUserEvent {
            if needsHTTP2 && negotiated != "h2" {
                context.fireErrorCaught(Failure.noHTTP2)
                done.fail(Failure.noHTTP2)
            } else {
                done.succeed(())
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        done.fail(error)
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        done.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}
