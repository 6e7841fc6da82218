// SPDX-License-Identifier: MIT

import Connect
import Locks
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL

@testable import ConnectClient

/// A way of calling: protocol, codec and HTTP version.
struct ClientWay: Sendable, CustomStringConvertible {
    var rpcProtocol: RPCProtocol
    var codec: RPCCodec
    var version: RPCClientConfiguration.HTTPVersion

    var description: String { "\(rpcProtocol) \(codec) \(version)" }

    /// Every way that there is.
    static let all: [ClientWay] = RPCProtocol.allCases.flatMap { rpcProtocol in
        RPCCodec.allCases.flatMap { codec in
            [RPCClientConfiguration.HTTPVersion.http1, .http2].compactMap { version in
                rpcProtocol == .grpc && version == .http1 ? nil : ClientWay(rpcProtocol, codec, version)
            }
        }
    }

    init(_ rpcProtocol: RPCProtocol, _ codec: RPCCodec, _ version: RPCClientConfiguration.HTTPVersion) {
        self.rpcProtocol = rpcProtocol
        self.codec = codec
        self.version = version
    }

    /// A configuration for these addresses.
    func configuration(_ addresses: String...) -> RPCClientConfiguration {
        RPCClientConfiguration(
            baseURLs: addresses.map { "http://\($0)" }, protocol: rpcProtocol, codec: codec, httpVersion: version)
    }
}

/// Runs `body` with a client that is shut down afterwards.
func withClient<R>(
    _ configuration: RPCClientConfiguration, isolation: isolated (any Actor)? = #isolation,
    _ body: (RPCClient) async throws -> R
) async throws -> R {
    var logger = Logger(label: "connect-client-test")
    logger.logLevel = .critical
    let client = try RPCClient(configuration, logger: logger)
    do {
        let result = try await body(client)
        await client.shutdown()
        return result
    } catch {
        await client.shutdown()
        throw error
    }
}

/// The error that a call ends with; nil when it ends well.
func failure<R>(
    isolation: isolated (any Actor)? = #isolation, of call: () async throws -> R
) async -> RPCError? {
    do {
        _ = try await call()
        return nil
    } catch {
        return error as? RPCError ?? RPCError(.unknown, "not an RPCError: \(error)")
    }
}

/// An HTTP server that does to each request what the test says: the faults that no honest server has.
final class ScriptedServer: Sendable {
    /// A request, whole.
    struct Request: Sendable {
        /// Counts from 1 over the whole server.
        var number: Int
        /// Counts from 1 over the connections of the server.
        var connection: Int
        var head: HTTPRequestHead
        var body: [UInt8]
        /// The answer's way out.
        var answer: Answer
    }

    /// What can be done to a request. From any thread.
    struct Answer: Sendable {
        let stream: any Channel
        let connection: any Channel

        /// Answers in one piece.
        func send(_ status: HTTPResponseStatus = .ok, _ headers: HTTPHeaders = [:], _ body: [UInt8] = []) {
            var headers = headers
            headers.replaceOrAdd(name: "content-length", value: String(body.count))
            begin(status, headers)
            part(body)
            end()
        }

        /// Sends the head.
        func begin(_ status: HTTPResponseStatus = .ok, _ headers: HTTPHeaders = [:]) {
            let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
            stream.writeAndFlush(HTTPServerResponsePart.head(head), promise: nil)
        }

        /// Sends a part of the body.
        func part(_ body: [UInt8]) {
            stream.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil)
        }

        /// Ends the answer.
        func end(_ trailers: HTTPHeaders? = nil) {
            stream.writeAndFlush(HTTPServerResponsePart.end(trailers), promise: nil)
        }

        /// Closes the connection under the request, once what was sent before is out.
        func hangUp() {
            let connection = connection
            connection.eventLoop.execute { connection.close(promise: nil) }
        }

        /// Resets the stream.
        func reset(_ code: HTTP2ErrorCode) {
            stream.pipeline.context(handlerType: HTTP2FramePayloadToHTTP1ServerCodec.self).whenSuccess { context in
                context.writeAndFlush(NIOAny(HTTP2Frame.FramePayload.rstStream(code)), promise: nil)
            }
        }

        /// Reads and answers no more on this connection, pings included.
        func goSilent() { _ = connection.setOption(.autoRead, value: false) }

        /// Says goodbye; streams above `last` are not served.
        func goAway(last: Int) {
            let payload = HTTP2Frame.FramePayload.goAway(
                lastStreamID: HTTP2StreamID(last), errorCode: .noError, opaqueData: nil)
            connection.writeAndFlush(HTTP2Frame(streamID: .rootStream, payload: payload), promise: nil)
        }
    }

    typealias Script = @Sendable (Request) -> Void

    private struct Counts {
        var requests = 0
        var connections = 0
    }

    private let version: RPCClientConfiguration.HTTPVersion
    private let tls: NIOSSLContext?
    private let script: Script
    private let counts = Mutex(Counts())
    private let children = Mutex<[any Channel]>([])

    /// How many requests came.
    var requestCount: Int { counts.withLock(\.requests) }
    /// How many connections were made.
    var connectionCount: Int { counts.withLock(\.connections) }

    /// How many connections are open.
    var openConnectionCount: Int { children.withLock { $0.count { $0.isActive } } }

    private init(_ version: RPCClientConfiguration.HTTPVersion, _ tls: NIOSSLContext?, _ script: @escaping Script) {
        self.version = version
        self.tls = tls
        self.script = script
    }

    /// Serves for the time of `body`, which gets `host:port`.
    static func run<R>(
        _ version: RPCClientConfiguration.HTTPVersion, tls: NIOSSLContext? = nil,
        isolation: isolated (any Actor)? = #isolation, script: @escaping Script,
        _ body: (ScriptedServer, String) async throws -> R
    ) async throws -> R {
        let server = ScriptedServer(version, tls, script)
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try server.prepare(channel) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            let result = try await body(server, "127.0.0.1:\(channel.localAddress?.port ?? 0)")
            await server.stop(channel)
            return result
        } catch {
            await server.stop(channel)
            throw error
        }
    }

    private func stop(_ channel: any Channel) async {
        channel.close(promise: nil)
        // The close future never fails.
        try? await channel.closeFuture.get()
        for child in children.withLock({ $0 }) { child.close(promise: nil) }
    }

    private func prepare(_ channel: any Channel) throws {
        let connection = counts.withLock { counts in
            counts.connections += 1
            return counts.connections
        }
        children.withLock { $0.append(channel) }
        if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
        switch version {
        case .http1:
            try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: false)
            try channel.pipeline.syncOperations.addHandler(Handler(self, connection, channel))
        case .http2:
            let http2 = NIOHTTP2Handler(mode: .server, eventLoop: channel.eventLoop) { stream in
                stream.eventLoop.makeCompletedFuture {
                    try stream.pipeline.syncOperations.addHandler(HTTP2FramePayloadToHTTP1ServerCodec())
                    try stream.pipeline.syncOperations.addHandler(Handler(self, connection, channel))
                }
            }
            try channel.pipeline.syncOperations.addHandler(http2)
        }
    }

    private func received(_ head: HTTPRequestHead, _ body: [UInt8], _ connection: Int, _ answer: Answer) {
        let number = counts.withLock { counts in
            counts.requests += 1
            return counts.requests
        }
        script(Request(number: number, connection: connection, head: head, body: body, answer: answer))
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        private let server: ScriptedServer
        private let connection: Int
        private let channel: any Channel
        private var head: HTTPRequestHead?
        private var body: [UInt8] = []

        init(_ server: ScriptedServer, _ connection: Int, _ channel: any Channel) {
            self.server = server
            self.connection = connection
            self.channel = channel
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body = []
            case .body(let part): body += [UInt8](buffer: part)
            case .end:
                guard let head else { return }
                server.received(head, body, connection, Answer(stream: context.channel, connection: channel))
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            // Clients of these tests leave in every way there is.
        }
    }
}
