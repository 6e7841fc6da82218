// SPDX-License-Identifier: MIT
import Connect
import ConnectServer
import Logging
import NIOCore
import NIOHTTP2
import NavarchTestSupport
import ServiceLifecycle
import Synchronization
import Testing

private let echoPath = EchoService.echo.path
private let countPath = EchoService.count.path

@Suite("Drain and shutdown")
struct ServerDrainTests {
    @Test func onceADrainBeganEachHTTP1AnswerIsTheLastAndThePortStaysOpen() async throws {
        try await withServer { server, address in
            try await withRawConnection(to: address) { connection in
                try await connection.send(request("POST \(echoPath)", body: "{}"))
                #expect(try await connection.response().headers.first("connection") == nil)
                server.beginDrain()
                #expect(server.isDraining)
                try await eventually {
                    try await withRawConnection(to: address) { other in
                        try await other.send(request("POST \(echoPath)", body: "{}"))
                        let response = try await other.response()
                        return response.status == 200 && response.headers.first("connection") == "close"
                    }
                }
                try await connection.send(request("POST \(echoPath)", body: "{}"))
                let last = try await connection.response()
                #expect(last.headers.first("connection") == "close")
                #expect(last.headers.first("trailer-x-reconnect") == "drain")
                #expect(try await connection.rest() == "")
            }
        }
    }

    @Test func anHTTP2ConnectionGetsGoAwayTwiceFinishesItsCallsAndCloses() async throws {
        let slow = Connect_Test_V1_EchoRequest.with { $0.delayMilliseconds = 200 }
        let log = OutcomeLog()
        try await withServer(interceptors: [log]) { server, address in
            try await withHTTP2(to: address) { connection in
                async let answer = connection.call(echoPath, "application/grpc", body: enveloped(slow))
                try await eventually { log.begun == 1 }
                let first = try await connection.call(
                    echoPath, "application/grpc", body: enveloped(Connect_Test_V1_EchoRequest()))
                #expect(first.trailers.first("grpc-status") == "0")
                server.beginDrain()
                #expect(try await answer.trailers.first("grpc-status") == "0")
                #expect(try await answer.trailers.first("x-reconnect") == "drain")
                var lastIDs: [HTTP2StreamID] = []
                for await frame in connection.connectionFrames {
                    if case .goAway(let last, .noError, _) = frame { lastIDs.append(last) }
                }
                #expect(lastIDs == [.maxID, 3])
            }
        }
    }

    /// A balancer that has not noticed yet opens connections for requests; a GOAWAY at once would refuse them.
    @Test func anHTTP2ConnectionOpenedDuringTheDrainIsAnsweredOnceAndThenGetsGoAway() async throws {
        try await withServer { server, address in
            server.beginDrain()
            for _ in 0..<20 {
                try await withHTTP2(to: address) { connection in
                    let answer = try await connection.call(
                        echoPath, "application/grpc", body: enveloped(Connect_Test_V1_EchoRequest()))
                    #expect(answer.trailers.first("grpc-status") == "0")
                    #expect(answer.trailers.first("x-reconnect") == "drain")
                    var lastIDs: [HTTP2StreamID] = []
                    for await frame in connection.connectionFrames {
                        if case .goAway(let last, .noError, _) = frame { lastIDs.append(last) }
                    }
                    // With nothing on its way, the client may close after the first.
                    #expect(lastIDs == [.maxID, 1] || lastIDs == [.maxID])
                }
            }
        }
    }

    /// Without a stream there is nothing to answer, and nothing that may hold up the shutdown.
    @Test func anHTTP2ConnectionOpenedDuringTheDrainThatAsksNothingEndsWithTheShutdown() async throws {
        try await withServer { server, address in
            server.beginDrain()
            try await withHTTP2(to: address) { _ in
                try await eventually { server.connectionCount == 1 }
            }
        }
        try await withGracefulServer { address, shutDown in
            try await withHTTP2(to: address) { connection in
                shutDown()
                for await _ in connection.connectionFrames {}
            }
        }
    }

    @Test func aShutdownFinishesWhatIsInFlight() async throws {
        let log = OutcomeLog()
        try await withGracefulServer(interceptors: [log]) { address, shutDown in
            try await withRawConnection(to: address) { unary in
                try await withRawConnection(to: address) { stream in
                    try await unary.send(request("POST \(echoPath)", body: #"{"text":"late","delayMilliseconds":400}"#))
                    let body = try enveloped(
                        Connect_Test_V1_CountRequest.with {
                            $0.to = 1
                            $0.hold = true
                        })
                    try await stream.send(
                        "POST \(countPath) HTTP/1.1\r\ncontent-type: application/connect+proto\r\ncontent-length: \(body.count)\r\n\r\n"
                    )
                    try await stream.send(body)
                    while !hasChunk(stream.received), try await stream.receive() {}
                    try await eventually { log.begun == 2 }
                    shutDown()
                    let late = try await unary.response()
                    #expect(late.status == 200)
                    #expect(late.text.contains("late"))
                    let end = try await stream.response()
                    let envelopes = splitEnvelopes(end.body)
                    #expect(envelopes.map(\.flags) == [0, 2])
                    #expect(EndOfStream(envelopes[1].payload) == EndOfStream(trailers: ["x-reconnect": "drain"]))
                }
            }
        }
        #expect(log.codes == [nil, nil])
    }

    @Test func streamsThatDoNotHeedTheDrainEndWithUnavailableAndAHint() async throws {
        var router = RPCRouter()
        router.serverStream(EchoService.count) { _, writer, context in
            try await writer.sendHeaders()
            await forEver()
            try Task.checkCancellation()
        }
        let log = OutcomeLog()
        try await withGracefulServer(router: router, interceptors: [log]) { address, shutDown in
            try await withHTTP2(to: address) { connection in
                async let answer = connection.call(
                    countPath, "application/connect+proto", body: enveloped(Connect_Test_V1_CountRequest()))
                try await eventually { log.begun == 1 }
                shutDown()
                let end = try await EndOfStream(answer.envelopes.last?.payload ?? [])
                #expect(end?.error?.code == .unavailable)
                #expect(end?.trailers.first("x-reconnect") == "drain")
            }
        }
    }

    @Test func callsPastTheGraceAreCutOffAndRunReturns() async throws {
        var configuration = ConnectServerConfiguration.test
        configuration.timers.streamGrace = .milliseconds(50)
        configuration.timers.shutdownGrace = .milliseconds(100)
        let log = OutcomeLog()
        try await withGracefulServer(configuration, interceptors: [log]) { address, shutDown in
            let text = try await withRawConnection(to: address) { connection in
                try await connection.send(request("POST \(echoPath)", body: #"{"delayMilliseconds":60000}"#))
                try await eventually { log.begun == 1 }
                shutDown()
                return try await connection.rest()
            }
            #expect(text.isEmpty)
        }
        #expect(log.codes == [.canceled])
    }

    @Test func aPortThatIsTakenIsAnError() async throws {
        try await withServer { _, address in
            let second = ConnectServer(
                ConnectServerConfiguration(port: address.port), router: RPCRouter(), logger: Logger(label: "second"))
            await #expect(throws: (any Error).self) { try await second.run() }
            await #expect(throws: (any Error).self) { try await second.boundAddress }
        }
    }

    @Test func idleConnectionsDoNotHoldUpAShutdown() async throws {
        try await withGracefulServer { address, shutDown in
            try await withRawConnection(to: address) { idle in
                try await withRawConnection(to: address) { fresh in
                    try await idle.send(request("GET /plain", contentType: nil))
                    _ = try await idle.response()
                    shutDown()
                    #expect(try await idle.rest() == "")
                    #expect(try await fresh.rest() == "")
                }
            }
        }
    }
}

/// Runs a server under a service group for the time of `body`, which may shut it down gracefully, and waits until it
/// has ended by itself.
func withGracefulServer(
    _ configuration: ConnectServerConfiguration = .test, router: RPCRouter = EchoService.router(),
    interceptors: [any ServerInterceptor] = [],
    _ body: @Sendable (ConnectServer.Address, _ shutDown: @escaping @Sendable () -> Void) async throws -> Void
) async throws {
    var logger = Logger(label: "connect-test")
    logger.logLevel = .critical
    let server = ConnectServer(configuration, router: router, interceptors: interceptors, logger: logger)
    let (signals, continuation) = AsyncStream.makeStream(of: Void.self)
    let services = ServiceGroup(configuration: .init(services: [.init(service: server)], logger: logger))
    try await withThrowingTaskGroup { group in
        group.addTask { try await services.run() }
        group.addTask { for await _ in signals { await services.triggerGracefulShutdown() } }
        let address = try await server.boundAddress
        do {
            try await body(address) { continuation.yield() }
        } catch {
            group.cancelAll()
            throw error
        }
        continuation.yield()
        continuation.finish()
        try await group.waitForAll()
    }
    #expect(server.connectionCount == 0)
}

/// Waits until the task is cancelled.
private func forEver() async {
    let (stream, _) = AsyncStream.makeStream(of: Void.self)
    for await _ in stream {}
}

/// True when the head and a first chunk have come.
private func hasChunk(_ bytes: [UInt8]) -> Bool {
    let text = String(decoding: bytes, as: UTF8.self)
    return text.contains("\r\n\r\n") && !text.hasSuffix("\r\n\r\n")
}
