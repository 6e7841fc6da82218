// SPDX-License-Identifier: MIT
import Connect
import ConnectServer
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix

/// An HTTP/2 connection made of frames, to see what the server really sends.
struct RawHTTP2: Sendable {
    typealias Stream = NIOAsyncChannel<HTTP2Frame.FramePayload, HTTP2Frame.FramePayload>

    let channel: any Channel
    let multiplexer: NIOHTTP2Handler.AsyncStreamMultiplexer<any Channel>
    /// What came on stream 0.
    let connectionFrames: AsyncStream<HTTP2Frame.FramePayload>

    /// An answer, whole.
    struct Answer: Sendable {
        var headers = RPCMetadata()
        var body: [UInt8] = []
        var trailers = RPCMetadata()
        /// The code of a reset that ended the stream.
        var reset: HTTP2ErrorCode?

        var status: String? { headers.first(":status") }

        /// The envelopes of the body.
        var envelopes: [(flags: UInt8, payload: [UInt8])] { splitEnvelopes(body) }
    }

    /// Opens a stream for the time of `body`.
    func withStream<R: Sendable>(
        _ body: @Sendable (Stream.Outbound, inout Stream.Inbound) async throws -> R
    ) async throws -> R {
        let stream = try await multiplexer.openStream { channel in
            channel.eventLoop.makeCompletedFuture {
                try Stream(
                    wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
            }
        }
        return try await stream.executeThenClose { inbound, outbound in
            var iterator = inbound.makeAsyncIterator()
            return try await body(outbound, &iterator)
        }
    }

    /// One request and its answer.
    func call(_ path: String, _ contentType: String, _ headers: HPACKHeaders = [:], body: [UInt8]) async throws
        -> Answer
    {
        try await withStream { outbound, inbound in
            try await outbound.write(.headers(.init(headers: Self.head(path, contentType, headers))))
            do {
                try await outbound.write(.data(.init(data: .byteBuffer(ByteBuffer(bytes: body)), endStream: true)))
            } catch ChannelError.ioOnClosedChannel {
                // A server may answer and end the stream before it has read the body (RFC 9113, section 8.1): the answer is there.
            }
            return try await Self.collect(&inbound)
        }
    }

    static func head(_ path: String, _ contentType: String, _ headers: HPACKHeaders = [:]) -> HPACKHeaders {
        var all: HPACKHeaders = [
            ":method": "POST", ":scheme": "http", ":path": path, ":authority": "test", "content-type": contentType,
            "te": "trailers",
        ]
        all.add(contentsOf: headers)
        return all
    }

    /// Reads an answer to its end.
    static func collect(_ inbound: inout Stream.Inbound) async throws -> Answer {
        var answer = Answer()
        while let payload = try await inbound.next() {
            switch payload {
            case .headers(let headers):
                let metadata = RPCMetadata(headers.headers.map { ($0.name, $0.value) })
                if answer.headers.isEmpty {
                    answer.headers = metadata
                    if headers.endStream { answer.trailers = metadata }
                } else {
                    answer.trailers = metadata
                }
                if headers.endStream { return answer }
            case .data(let data):
                if case .byteBuffer(let bytes) = data.data { answer.body += [UInt8](buffer: bytes) }
                if data.endStream { return answer }
            case .rstStream(let code):
                answer.reset = code
                return answer
            default: break
            }
        }
        return answer
    }
}

extension RawHTTP2.Stream {
    typealias Outbound = NIOAsyncChannelOutboundWriter<HTTP2Frame.FramePayload>
    typealias Inbound = NIOAsyncChannelInboundStream<HTTP2Frame.FramePayload>.AsyncIterator
}

/// The envelopes in `bytes`; what is left over comes last with flags 255.
func splitEnvelopes(_ bytes: [UInt8]) -> [(flags: UInt8, payload: [UInt8])] {
    var rest = bytes[...]
    var envelopes: [(flags: UInt8, payload: [UInt8])] = []
    while let prefix = EnvelopePrefix(rest), rest.count >= 5 + Int(prefix.length) {
        envelopes.append((prefix.flags.rawValue, Array(rest.dropFirst(5).prefix(Int(prefix.length)))))
        rest = rest.dropFirst(5 + Int(prefix.length))
    }
    if !rest.isEmpty { envelopes.append((255, Array(rest))) }
    return envelopes
}

/// Connects with prior knowledge for the time of `body`.
func withHTTP2<R: Sendable>(
    to address: ConnectServer.Address, _ body: @Sendable (RawHTTP2) async throws -> R
) async throws -> R {
    let (frames, continuation) = AsyncStream.makeStream(of: HTTP2Frame.FramePayload.self)
    var limits = NIOHTTP2Handler.Configuration()
    limits.connection.controlFrameRateLimit.maximumCount = 100_000
    let configuration = limits
    let (channel, multiplexer) = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .channelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
        .connect(host: address.host, port: address.port) { channel in
            channel.eventLoop.makeCompletedFuture {
                let multiplexer = try channel.pipeline.syncOperations.configureAsyncHTTP2Pipeline(
                    mode: .client, configuration: configuration
                ) { stream in stream.eventLoop.makeSucceededFuture(stream) }
                try channel.pipeline.syncOperations.addHandler(FrameCollector(continuation))
                return (channel, multiplexer)
            }
        }
    let connection = RawHTTP2(channel: channel, multiplexer: multiplexer, connectionFrames: frames)
    do {
        let result = try await body(connection)
        // Closed already where the server ended the connection.
        try? await channel.close()
        return result
    } catch {
        // As above; the first error is the one to report.
        try? await channel.close()
        throw error
    }
}

/// Hands on what comes on stream 0.
private final class FrameCollector: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    private let continuation: AsyncStream<HTTP2Frame.FramePayload>.Continuation

    init(_ continuation: AsyncStream<HTTP2Frame.FramePayload>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { continuation.yield(unwrapInboundIn(data).payload) }

    func channelInactive(context: ChannelHandlerContext) {
        continuation.finish()
        context.fireChannelInactive()
    }
}
