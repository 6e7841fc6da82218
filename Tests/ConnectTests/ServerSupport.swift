// SPDX-License-Identifier: MIT
import Connect
import ConnectServer
import Logging
import NIOCore
import NIOPosix
import NavarchTestSupport

/// The service of `echo.proto`, as the tests serve it.
enum EchoService {
    static let name = "connect.test.v1.EchoService"
    static let echo = RPCMethod<Connect_Test_V1_EchoRequest, Connect_Test_V1_EchoResponse>(service: name, name: "Echo")
    /// As `echo`, answered on the event loop.
    static let echoOnLoop = RPCMethod<Connect_Test_V1_EchoRequest, Connect_Test_V1_EchoResponse>(
        service: name, name: "EchoOnLoop", idempotency: .noSideEffects)
    static let count = RPCMethod<Connect_Test_V1_CountRequest, Connect_Test_V1_CountResponse>(
        service: name, name: "Count", kind: .serverStream)

    static func router() -> RPCRouter {
        var router = RPCRouter()
        router.unary(echo) { request, context in
            if request.delayMilliseconds > 0 {
                let end = ContinuousClock.now.advanced(by: .milliseconds(Int(request.delayMilliseconds)))
                try await eventually(within: .seconds(120), every: .milliseconds(2)) { .now >= end }
            }
            if let code = RPCCode(rawValue: Int(request.failWith)) { throw RPCError(code, request.text) }
            if request.failWith < 0 { throw HandlerBroke() }
            context.setResponseHeader("x-echo", "head")
            context.setResponseTrailer("x-echo-end", "tail")
            return answer(request, context)
        }
        router.unaryOnLoop(echoOnLoop) { request, context, reply in
            if let code = RPCCode(rawValue: Int(request.failWith)) { return reply.fail(RPCError(code, request.text)) }
            reply.succeed(answer(request, context))
        }
        router.serverStream(count) { request, writer, context in
            if request.to == 0 { try await writer.sendHeaders() }
            for number in 0..<request.to {
                var response = Connect_Test_V1_CountResponse()
                response.number = number + 1
                response.payload = .init(repeating: 7, count: Int(request.payloadBytes))
                try await writer.write(response)
            }
            if let code = RPCCode(rawValue: Int(request.failWith)) { throw RPCError(code, "counted enough") }
            if request.hold {
                await context.drain.started()
                try Task.checkCancellation()
            }
        }
        router.http("GET", "/plain") { .text("plain \($0.query)\n") }
        router.http("POST", "/plain") { .text("got \($0.body.count) bytes\n") }
        return router
    }

    private static func answer(
        _ request: Connect_Test_V1_EchoRequest, _ context: CallContext
    ) -> Connect_Test_V1_EchoResponse {
        var response = Connect_Test_V1_EchoResponse()
        response.text = request.text
        response.number = request.number
        response.payload = request.payload
        response.tags = request.tags
        response.requestID = context.requestID
        return response
    }

    struct HandlerBroke: Error {}
}

/// Runs a server for the time of `body`, then shuts it down gracefully and waits until it is gone.
func withServer<R: Sendable>(
    _ configuration: ConnectServerConfiguration = .test, router: RPCRouter = EchoService.router(),
    interceptors: [any ServerInterceptor] = [],
    _ body: @Sendable (ConnectServer, ConnectServer.Address) async throws -> R
) async throws -> R {
    var logger = Logger(label: "connect-test")
    logger.logLevel = .critical
    let server = ConnectServer(configuration, router: router, interceptors: interceptors, logger: logger)
    return try await withThrowingTaskGroup(of: R?.self) { group in
        group.addTask {
            try await server.run()
            return nil
        }
        let address = try await server.boundAddress
        do {
            let result = try await body(server, address)
            group.cancelAll()
            try await group.waitForAll()
            return result
        } catch {
            group.cancelAll()
            throw error
        }
    }
}

extension ConnectServerConfiguration {
    /// One thread, and times short enough for a test.
    static var test: ConnectServerConfiguration {
        var configuration = ConnectServerConfiguration()
        configuration.eventLoopThreads = 1
        configuration.timers.shutdownGrace = .seconds(5)
        configuration.timers.streamGrace = .milliseconds(200)
        return configuration
    }
}

/// A TCP connection that sends and receives what the test says, byte for byte.
struct RawConnection: Sendable {
    let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
}

/// Connects for the time of `body`.
func withRawConnection<R: Sendable>(
    to address: ConnectServer.Address, _ body: (inout RawExchange) async throws -> R
) async throws -> R {
    let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .channelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
        .connect(host: address.host, port: address.port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
    return try await channel.executeThenClose { inbound, outbound in
        var exchange = RawExchange(outbound: outbound, inbound: inbound.makeAsyncIterator())
        return try await body(&exchange)
    }
}

/// Both directions of a raw connection.
struct RawExchange {
    let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    /// What came and was not taken yet.
    var received: [UInt8] = []

    init(
        outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    ) {
        self.outbound = outbound
        self.inbound = inbound
    }

    func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }

    func send(_ bytes: [UInt8]) async throws { try await outbound.write(ByteBuffer(bytes: bytes)) }

    /// Receives more; false at the end of the connection.
    mutating func receive() async throws -> Bool {
        guard let bytes = try await inbound.next() else { return false }
        received += [UInt8](buffer: bytes)
        return true
    }

    /// Takes the next HTTP/1.1 answer.
    mutating func response(toHead: Bool = false) async throws -> RawResponse {
        while true {
            if let (response, used) = RawResponse.parse(received, toHead: toHead) {
                received.removeFirst(used)
                return response
            }
            if try await !receive() { throw RawResponse.Missing(received: String(decoding: received, as: UTF8.self)) }
        }
    }

    /// Everything until the server closes.
    mutating func rest() async throws -> String {
        while try await receive() {}
        return String(decoding: received, as: UTF8.self)
    }
}

/// An HTTP/1.1 answer as it stood on the wire, chunks joined.
struct RawResponse: Sendable {
    struct Missing: Error { var received: String }

    var status: Int
    var headers: RPCMetadata
    var body: [UInt8]
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The first answer in `bytes` and its length; nil while it is not whole.
    static func parse(_ bytes: [UInt8], toHead: Bool) -> (RawResponse, Int)? {
        guard let headEnd = find([13, 10, 13, 10], in: bytes, from: 0) else { return nil }
        let lines = String(decoding: bytes[..<headEnd], as: UTF8.self).split(separator: "\r\n")
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        var headers = RPCMetadata()
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers.add(String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
        }
        var position = headEnd + 4
        var body: [UInt8] = []
        if headers.first("transfer-encoding") == "chunked" {
            while true {
                guard let lineEnd = find([13, 10], in: bytes, from: position) else { return nil }
                guard let size = Int(String(decoding: bytes[position..<lineEnd], as: UTF8.self), radix: 16) else {
                    return nil
                }
                let next = lineEnd + 2 + size + 2
                guard bytes.count >= next else { return nil }
                body += bytes[(lineEnd + 2)..<(lineEnd + 2 + size)]
                position = next
                if size == 0 { break }
            }
        } else if !toHead, status != 100 {
            let length = headers.first("content-length").flatMap { Int($0) } ?? 0
            guard bytes.count >= position + length else { return nil }
            body = Array(bytes[position..<(position + length)])
            position += length
        }
        return (RawResponse(status: status, headers: headers, body: body), position)
    }

    private static func find(_ pattern: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= start + pattern.count else { return nil }
        return (start...(bytes.count - pattern.count)).first { bytes[$0..<($0 + pattern.count)].elementsEqual(pattern) }
    }
}

/// An HTTP/1.1 request as text.
func request(
    _ line: String, _ headers: [String] = [], body: String = "", contentType: String? = "application/json"
) -> String {
    var lines = ["\(line) HTTP/1.1", "host: test", "content-length: \(body.utf8.count)"]
    if let contentType { lines.append("content-type: \(contentType)") }
    return (lines + headers).joined(separator: "\r\n") + "\r\n\r\n" + body
}
