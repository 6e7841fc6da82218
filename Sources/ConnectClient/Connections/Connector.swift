// SPDX-License-Identifier: MIT

import Connect
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL

#if canImport(Glibc)
    import Glibc
#endif

/// Makes connections: TCP, then TLS where the URL says so, then HTTP, all within one time limit.
struct Connector: Sendable {
    /// The loops that connections live on.
    let group: any EventLoopGroup
    private let configuration: RPCClientConfiguration
    private let tls: NIOSSLContext?

    /// A connector. Reads the files of the TLS configuration when `needsTLS`.
    ///
    /// - Throws: `.invalidArgument` when they cannot be read.
    init(_ configuration: RPCClientConfiguration, group: any EventLoopGroup, needsTLS: Bool) throws(RPCError) {
        self.group = group
        self.configuration = configuration
        let applicationProtocol =
            switch configuration.httpVersion {
            case .http1: "http/1.1"
            case .http2: "h2"
            }
        tls = needsTLS ? try configuration.tls.makeContext(applicationProtocol: applicationProtocol) : nil
    }

    /// Makes a connection for `pool`. Succeeds when it is ready for calls, with how many it may carry at once.
    func connect(
        to endpoint: Endpoint, as id: Int, for pool: ConnectionPool
    ) -> EventLoopFuture<(Connection, capacity: Int)> {
        let loop = group.next()
        let ready = loop.makePromise(of: (Connection, capacity: Int).self)
        let limit = TimeAmount(configuration.connectTimeout)
        let timer = loop.scheduleTask(in: limit) { ready.fail(ChannelError.connectTimeout(limit)) }
        ready.futureResult.whenComplete { _ in timer.cancel() }
        // The handlers come in once TCP is there: a name with several addresses makes several channels, and only one of
        // them is used. Nothing is read before, since all of this happens on the channel's own loop.
        bootstrap(on: loop, limit: limit)
            .connect(host: endpoint.host, port: endpoint.port)
            .flatMap { channel in
                ready.futureResult.whenFailure { _ in channel.close(promise: nil) }
                return loop.makeCompletedFuture { try prepare(channel, to: endpoint, as: id, for: pool) }.flatMap { $0 }
            }
            .cascade(to: ready)
        return ready.futureResult
    }

    /// What to tell people about a connection that could not be made.
    static func reason(_ error: any Error) -> String {
        switch error {
        case let connect as NIOConnectionError:
            connect.connectionErrors.last.map { reason($0.error) } ?? "the name \(connect.host) does not resolve"
        case let io as IOError: systemReason(io.errnoCode)
        case let tls as NIOSSLError: "no TLS could be agreed on: \(tlsReason("\(tls)"))"
        case let tls as BoringSSLError: "no TLS could be agreed on: \(tlsReason("\(tls)"))"
        case ChannelError.connectTimeout: "it took too long"
        case ChannelError.eof: "the server closed it"
        default: "\(error)"
        }
    }

    /// The system's words for an error number: `connection refused`.
    private static func systemReason(_ number: CInt) -> String {
        let text = String(cString: strerror(number))
        return text.prefix(1).lowercased() + text.dropFirst()
    }

    /// What BoringSSL names as the reason, in the words of its constant (`certificate verify failed`); all of `text` where it names none.
    private static func tlsReason(_ text: String) -> String {
        guard let marker = text.range(of: "OPENSSL_internal:") else { return text }
        let name = text[marker.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        return name.isEmpty ? text : name.lowercased().replacing("_", with: " ")
    }

    private func bootstrap(on loop: any EventLoop, limit: TimeAmount) -> ClientBootstrap {
        var bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(limit)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        for (option, value) in Self.livenessOptions {
            bootstrap = bootstrap.channelOption(.tcpOption(option), value: value)
        }
        return bootstrap
    }

    /// Finds a server that vanished without a word within a minute, even under a silent HTTP/1.1 stream: probes after 20 s
    /// of silence, every 10 s; and no byte may stay unacknowledged for 30 s.
    private static var livenessOptions: [(NIOBSDSocket.Option, ChannelOptions.Types.SocketOption.Value)] {
        #if canImport(Glibc)
            [
                (NIOBSDSocket.Option(rawValue: TCP_KEEPIDLE), 20), (NIOBSDSocket.Option(rawValue: TCP_KEEPINTVL), 10),
                (NIOBSDSocket.Option(rawValue: TCP_KEEPCNT), 3),
                (NIOBSDSocket.Option(rawValue: TCP_USER_TIMEOUT), 30_000),
            ]
        #else
            []
        #endif
    }

    private func prepare(
        _ channel: any Channel, to endpoint: Endpoint, as id: Int, for pool: ConnectionPool
    ) throws -> EventLoopFuture<(Connection, capacity: Int)> {
        let handshake = try addTLS(channel, endpoint)
        switch configuration.httpVersion {
        case .http1:
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            let handler = ExchangeHandler(isStream: false, classify: Self.classifyHTTP1)
            try channel.pipeline.syncOperations.addHandler(handler)
            let transport = Connection.Transport.http1(NIOLoopBound(handler, eventLoop: channel.eventLoop))
            return (handshake ?? channel.eventLoop.makeSucceededVoidFuture()).map {
                (Connection(id: id, channel: channel, transport: transport, pool: pool), capacity: 1)
            }
        case .http2:
            return try addHTTP2(channel, endpoint, as: id, for: pool)
        }
    }

    private func addTLS(_ channel: any Channel, _ endpoint: Endpoint) throws -> EventLoopFuture<Void>? {
        guard endpoint.isSecure, let tls else { return nil }
        let name = configuration.tls.serverName ?? (endpoint.hostIsAddress ? nil : endpoint.host)
        try channel.pipeline.syncOperations.addHandler(try NIOSSLClientHandler(context: tls, serverHostname: name))
        let handler = HandshakeHandler(
            done: channel.eventLoop.makePromise(), needsHTTP2: configuration.httpVersion == .http2)
        try channel.pipeline.syncOperations.addHandler(handler)
        return handler.done.futureResult
    }

    private func addHTTP2(
        _ channel: any Channel, _ endpoint: Endpoint, as id: Int, for pool: ConnectionPool
    ) throws -> EventLoopFuture<(Connection, capacity: Int)> {
        let lastServed = NIOLoopBoundBox<HTTP2StreamID?>(nil, eventLoop: channel.eventLoop)
        let http2 = NIOHTTP2Handler(
            mode: .client, eventLoop: channel.eventLoop, connectionConfiguration: Self.connectionConfiguration,
            streamConfiguration: Self.streamConfiguration
        ) { $0.close() }  // No server may open streams: push is off.
        let events = HTTP2ConnectionHandler.Events(
            capacityChanged: { [weak pool] in pool?.setCapacity($0, of: id) },
            isLeaving: { [weak pool] in pool?.retire(id) })
        let ready = channel.eventLoop.makePromise(of: Int.self)
        let handler = HTTP2ConnectionHandler(
            ready: ready, lastServedStream: lastServed, events: events,
            pingEvery: configuration.keepaliveInterval.map { TimeAmount($0) },
            patience: TimeAmount(configuration.keepaliveTimeout))
        try channel.pipeline.syncOperations.addHandler(http2)
        try channel.pipeline.syncOperations.addHandler(handler)
        let multiplexer = try http2.syncMultiplexer()
        let session = HTTP2Session(
            multiplexer: multiplexer, lastServedStream: lastServed, isSecure: endpoint.isSecure)
        return ready.futureResult.map { limit in
            (Connection(id: id, channel: channel, transport: .http2(session), pool: pool), capacity: limit)
        }
    }

    private static var connectionConfiguration: NIOHTTP2Handler.ConnectionConfiguration {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .enablePush, value: 0),
            HTTP2Setting(parameter: .initialWindowSize, value: streamWindow),
            HTTP2Setting(parameter: .maxHeaderListSize, value: 64 << 10),
        ]
        configuration.targetWindowSize = 4 << 20
        // The default of 200 in 30 s would cut a busy connection whose server acknowledges and resets in bursts.
        configuration.controlFrameRateLimit.maximumCount = 10_000
        return configuration
    }

    private static var streamConfiguration: NIOHTTP2Handler.StreamConfiguration {
        var configuration = NIOHTTP2Handler.StreamConfiguration()
        configuration.targetWindowSize = streamWindow
        configuration.streamResetFrameRateLimit.maximumCount = 10_000
        configuration.streamErrorRateLimit.maximumCount = 10_000
        return configuration
    }

    /// Bytes that a server may send on one stream before the client took any.
    private static let streamWindow = 256 << 10

    private static func classifyHTTP1(_ error: any Error) -> TransportFault {
        switch error {
        case HTTPParserError.invalidEOFState:
            TransportFault(error: RPCError(.unavailable, "the connection was closed before the answer was complete"))
        case is HTTPParserError:
            TransportFault(error: RPCError(.internalError, "the server does not speak HTTP/1.1: \(error)"))
        default: TransportFault(error: RPCError(.unavailable, "the connection broke: \(reason(error))"))
        }
    }
}
