// SPDX-License-Identifier: MIT

import Connect
import NIOCore
import NIOHTTP1
import NIOHTTP2

/// One connection to an endpoint that is ready for calls.
final class Connection: Sendable {
    /// How it carries them.
    enum Transport: Sendable {
        /// One at a time, through this handler.
        case http1(NIOLoopBound<ExchangeHandler>)
        /// Many, each on a stream of its own.
        case http2(HTTP2Session)
    }

    /// Its number within the pool.
    let id: Int
    /// The connection's channel.
    let channel: any Channel
    private let transport: Transport
    private let pool: ConnectionPool

    /// A connection whose handlers are in place. It keeps its pool alive until its channel is closed.
    init(id: Int, channel: any Channel, transport: Transport, pool: ConnectionPool) {
        self.id = id
        self.channel = channel
        self.transport = transport
        self.pool = pool
    }

    /// The loop on which all of it happens.
    var eventLoop: any EventLoop { channel.eventLoop }

    /// Sends an exchange's request. On the event loop.
    func carry(_ exchange: Exchange) {
        switch transport {
        case .http1(let handler): handler.value.begin(exchange)
        case .http2(let session): session.carry(exchange)
        }
    }

    /// An exchange has left. An HTTP/1.1 connection that is not reusable is being closed by its handler.
    func release(isReusable: Bool) {
        switch transport {
        case .http1: pool.release(id, isReusable: isReusable)
        case .http2: pool.release(id, isReusable: true)
        }
    }
}

/// What an HTTP/2 connection needs to open streams.
struct HTTP2Session: Sendable {
    /// Opens them.
    let multiplexer: NIOHTTP2Handler.StreamMultiplexer
    /// The highest stream that the server will still serve, once it said goodbye.
    let lastServedStream: NIOLoopBoundBox<HTTP2StreamID?>
    /// True over TLS.
    let isSecure: Bool

    /// Opens a stream for an exchange. On the event loop.
    func carry(_ exchange: Exchange) {
        // A stream opened after the goodbye would be an error of ours; the call goes to another connection.
        guard lastServedStream.value == nil else {
            return exchange.failed(RPCError(.unavailable, "the server is leaving"), notSent: true, isReusable: true)
        }
        let opened = exchange.connection.eventLoop.makePromise(of: (any Channel).self)
        opened.futureResult.whenFailure { error in
            exchange.failed(RPCError(.unavailable, "no stream could be opened: \(error)"), notSent: true)
        }
        multiplexer.createStreamChannel(promise: opened) { stream in
            stream.eventLoop.makeCompletedFuture {
                let codec = HTTP2FramePayloadToHTTP1ClientCodec(httpProtocol: isSecure ? .https : .http)
                try stream.pipeline.syncOperations.addHandler(codec)
                let handler = ExchangeHandler(isStream: true, classify: classify)
                handler.pending = exchange
                try stream.pipeline.syncOperations.addHandler(handler)
            }
        }
    }

    /// What a stream's error means for the call on it.
    private func classify(_ error: any Error) -> TransportFault {
        switch error {
        case let closed as NIOHTTP2Errors.StreamClosed: return fault(closed)
        case let stream as NIOHTTP2Errors.StreamError: return classify(stream.baseError)
        case is NIOHTTP2Errors.CreatedStreamAfterGoaway:
            return TransportFault(
                error: RPCError(.unavailable, "the server is leaving"), notSent: true, isOnTheWire: false)
        case is any NIOHTTP2Error:
            return TransportFault(error: RPCError(.internalError, "the server broke HTTP/2: \(error)"))
        default:
            return TransportFault(error: RPCError(.unavailable, "the connection broke: \(Connector.reason(error))"))
        }
    }

    private func fault(_ closed: NIOHTTP2Errors.StreamClosed) -> TransportFault {
        let wasPassedOver = lastServedStream.value.map { closed.streamID > $0 } ?? false
        if wasPassedOver || closed.errorCode == .refusedStream {
            let reason = wasPassedOver ? "the server left before it took the call" : "the server refused the stream"
            return TransportFault(error: RPCError(.unavailable, reason), notSent: true)
        }
        let code: RPCCode =
            switch closed.errorCode {
            case .cancel: .canceled
            case .enhanceYourCalm: .resourceExhausted
            case .inadequateSecurity: .permissionDenied
            default: .internalError
            }
        return TransportFault(error: RPCError(code, "the server reset the stream: \(closed.errorCode)"))
    }
}
