// SPDX-License-Identifier: MIT

import Connect

/// What a client needs to know before its first call.
public struct RPCClientConfiguration: Sendable {
    /// The version of HTTP. There is no upgrade from one to the other: HTTP/2 in the clear starts with its preface, and
    /// with TLS by ALPN.
    public enum HTTPVersion: Sendable, Equatable {
        /// A connection for each call in flight, kept for the next.
        case http1
        /// Many calls on each connection.
        case http2
    }

    /// Which base URL a call prefers.
    public enum Balancing: Sendable, Equatable {
        /// The first one that is well.
        case inOrder
        /// The first one that is well in an order drawn once for this client: many clients spread over all.
        case shuffled
        /// Each call the next one.
        case roundRobin
    }

    /// Where calls go to: `http://host:port`, `https://host/prefix`. At least one.
    public var baseURLs: [String]
    /// The protocol. gRPC needs HTTP/2.
    public var rpcProtocol: RPCProtocol
    /// How messages are written.
    public var codec: RPCCodec
    /// The version of HTTP.
    public var httpVersion: HTTPVersion
    /// Which base URL a call prefers.
    public var balancing = Balancing.inOrder
    /// Headers of every call; those of the call itself come after them.
    public var headers: RPCMetadata = [:]
    /// Asked before each attempt; what it returns goes as `authorization: Bearer`.
    public var bearerToken: (@Sendable () async throws -> String?)?
    /// What calls name as their `user-agent`.
    public var userAgent = ConnectClient.defaultUserAgent
    /// The time of a unary call that names none. Nil: no limit. Streams have none of their own.
    public var defaultTimeout: Duration? = .seconds(30)
    /// The most time for TCP, TLS and the start of HTTP/2 together.
    public var connectTimeout: Duration = .seconds(5)
    /// When calls are tried again.
    public var retry = RPCRetryPolicy()
    /// When a base URL is left alone.
    public var ejection = RPCEjectionPolicy()
    /// How servers of `https` URLs are proved.
    public var tls = RPCClientTLS()
    /// The largest message accepted, after decompression.
    public var maxMessageBytes = 4 << 20
    /// Requests of at least this many bytes are sent in gzip; nil: none. Answers in gzip are always understood.
    public var compressFromBytes: Int?
    /// The most connections to one base URL.
    public var maxConnectionsPerURL = 256
    /// Connections without a call for this long are closed. Shorter than servers do it, so that no call meets a
    /// connection that is just being closed.
    public var idleTimeout: Duration = .seconds(50)
    /// How often an HTTP/2 connection with calls on it is pinged, and how a dead one is found. Nil: never. Some servers of
    /// gRPC close connections that are pinged more often than every five minutes.
    public var keepaliveInterval: Duration? = .seconds(20)
    /// How long a ping may stay unanswered.
    public var keepaliveTimeout: Duration = .seconds(10)

    /// A configuration with its defaults. The HTTP version follows the protocol where it is not given: gRPC speaks HTTP/2,
    /// the others HTTP/1.1.
    public init(
        baseURLs: [String], protocol rpcProtocol: RPCProtocol = .connect, codec: RPCCodec = .proto,
        httpVersion: HTTPVersion? = nil
    ) {
        self.baseURLs = baseURLs
        self.rpcProtocol = rpcProtocol
        self.codec = codec
        self.httpVersion = httpVersion ?? (rpcProtocol == .grpc ? .http2 : .http1)
    }
}
