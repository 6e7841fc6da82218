// SPDX-License-Identifier: MIT
import NIOCore

/// Where a server listens, and what it grants its clients.
public struct ConnectServerConfiguration: Sendable {
    /// What one client, and all of them together, may take.
    public struct Limits: Sendable {
        /// Open connections; one more is closed as it comes.
        public var maxConnections = 20_000
        /// Calls at once on one HTTP/2 connection.
        public var maxStreamsPerConnection = 1_000
        /// Bytes of all headers of one request.
        public var maxHeaderBytes = 64 << 10
        /// Bytes of one message, after decompression; longer ones are `resource_exhausted`.
        public var maxMessageBytes = 4 << 20
        /// Pings, settings and the like on one HTTP/2 connection in a second. Clients that measure their bandwidth ping with
        /// every reply, so the library's 200 in 30 seconds would cut them off; a short window needs less room for as much.
        public var maxControlFramesPerSecond = 1_000
        /// Streams that a client may reset on one connection in a second: a client that cancels is no attacker, one that
        /// does nothing else is.
        public var maxStreamResetsPerSecond = 1_000
        /// The defaults.
        public init() {}
    }

    /// When connections end.
    public struct Timers: Sendable {
        /// How long a connection may be without a call, and a request's head on its way.
        public var idle: Duration = .seconds(120)
        /// How long the body of a unary request may take.
        public var requestBody: Duration = .seconds(60)
        /// How often a quiet HTTP/2 connection is pinged.
        public var keepalive: Duration = .seconds(60)
        /// How long the answer to such a ping may take.
        public var keepaliveTimeout: Duration = .seconds(20)
        /// How old an HTTP/2 connection may become before its client is told to open another; nil for any age. A tenth is
        /// taken off or added by chance, so that connections opened together do not end together.
        public var maxAge: Duration?
        /// How long a writer may wait for a client that does not read.
        public var writeStall: Duration = .seconds(60)
        /// How long calls in flight may go on when the server shuts down.
        public var shutdownGrace: Duration = .seconds(30)
        /// How long streams may go on then, before they are ended with `unavailable` and a hint to reconnect.
        public var streamGrace: Duration = .seconds(1)
        /// The defaults.
        public init() {}
    }

    /// The address to listen on.
    public var host: String
    /// The port to listen on; 0 takes a free one.
    public var port: Int
    /// What clients may take.
    public var limits = Limits()
    /// When connections end.
    public var timers = Timers()
    /// Threads that serve connections; nil for one per two cores, at least one: handlers and the rest of
    /// the process need the others.
    public var eventLoopThreads: Int?
    /// Answers of at least so many bytes are compressed for clients that accept it.
    public var compressionThreshold = 1_024

    /// A server on `host` and `port`.
    public init(host: String = "127.0.0.1", port: Int = 0) {
        self.host = host
        self.port = port
    }
}

extension TimeAmount {
    /// A duration for the event loop; those past 292 years count as that.
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        self = overflow ? .nanoseconds(.max / 2) : .nanoseconds(nanoseconds + attoseconds / 1_000_000_000)
    }
}
