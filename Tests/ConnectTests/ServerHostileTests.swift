// SPDX-License-Identifier: MIT
import Connect
import ConnectServer
import NIOCore
import NIOHPACK
import NIOHTTP2
import NavarchTestSupport
import Testing

private let echoPath = EchoService.echo.path
private let loopPath = EchoService.echoOnLoop.path
private let countPath = EchoService.count.path

@Suite("Clients that are clumsy, odd or hostile")
struct ServerHostileTests {
    /// A whole HTTP/2 exchange as bytes: preface, empty settings, a request with literal headers, its message.
    private func http2Bytes() throws -> [UInt8] {
        var bytes = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        bytes += [0, 0, 0, 4, 0, 0, 0, 0, 0]
        var block: [UInt8] = []
        for (name, value) in RawHTTP2.head(loopPath, "application/grpc").map({ ($0.name, $0.value) }) {
            block += [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
        }
        bytes += [0, 0, UInt8(block.count), 1, 4, 0, 0, 0, 1] + block
        let message = try enveloped(Connect_Test_V1_EchoRequest.with { $0.text = "bytes" })
        for (index, byte) in message.enumerated() {
            // One byte a frame.
            bytes += [0, 0, 1, 0, index == message.count - 1 ? 1 : 0, 0, 0, 0, 1, byte]
        }
        return bytes
    }

    @Test func http2MayComeByteByByteAndAByteAFrame() async throws {
        let bytes = try http2Bytes()
        try await withServer { _, address in
            try await withRawConnection(to: address) { connection in
                for byte in bytes { try await connection.send([byte]) }
                while !String(decoding: connection.received, as: UTF8.self).contains("bytes") {
                    try #require(try await connection.receive())
                }
            }
        }
    }

    @Test(arguments: ["PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", "PRIX / HTTP/1.1\r\n\r\n"])
    func whatOnlyBeginsLikeThePrefaceIsNoHTTP2(_ text: String) async throws {
        try await withServer { _, address in
            let answer = try await withRawConnection(to: address) { connection in
                try await connection.send(text)
                return try await connection.rest()
            }
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func garbageAfterThePrefaceEndsTheConnection() async throws {
        try await withServer { server, address in
            _ = try await withRawConnection(to: address) { connection in
                try await connection.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
                try await connection.send([UInt8](repeating: 0xff, count: 1000))
                return try await connection.rest()
            }
            try await eventually { server.connectionCount == 0 }
        }
    }

    @Test func aClientThatCancels400StreamsIsServedOn() async throws {
        let held = try enveloped(
            Connect_Test_V1_CountRequest.with {
                $0.to = 1
                $0.hold = true
            })
        let log = OutcomeLog()
        try await withServer(interceptors: [log]) { _, address in
            try await withHTTP2(to: address) { connection in
                for _ in 0..<400 {
                    try await connection.withStream { outbound, inbound in
                        try await outbound.write(.headers(.init(headers: RawHTTP2.head(countPath, "application/grpc"))))
                        try await outbound.write(
                            .data(.init(data: .byteBuffer(ByteBuffer(bytes: held)), endStream: true)))
                        _ = try await inbound.next()
                        try await outbound.write(.rstStream(.cancel))
                    }
                }
                let answer = try await connection.call(
                    loopPath, "application/grpc", body: enveloped(Connect_Test_V1_EchoRequest()))
                #expect(answer.trailers.first("grpc-status") == "0")
            }
            try await eventually { log.codes.count(where: { $0 == .canceled }) == 400 }
        }
    }

    @Test func aClientThatDoesNothingButResetIsSentAway() async throws {
        var configuration = ConnectServerConfiguration.test
        configuration.limits.maxStreamResetsPerSecond = 10
        try await withServer(configuration) { server, address in
            await #expect(throws: (any Error).self) {
                try await withHTTP2(to: address) { connection in
                    for _ in 0..<300 {
                        try await connection.withStream { outbound, inbound in
                            try await outbound.write(
                                .headers(.init(headers: RawHTTP2.head(countPath, "application/grpc"))))
                            try await outbound.write(.rstStream(.cancel))
                        }
                    }
                    _ = try await connection.call(loopPath, "application/grpc", body: [])
                }
            }
            try await eventually { server.connectionCount == 0 }
        }
    }

    @Test func manyPingsAreAnswered() async throws {
        try await withServer { _, address in
            try await withHTTP2(to: address) { connection in
                for number in 0..<200 {
                    let ping = HTTP2Frame(
                        streamID: .rootStream, payload: .ping(.init(withInteger: UInt64(number)), ack: false))
                    connection.channel.writeAndFlush(ping, promise: nil)
                }
                let answer = try await connection.call(
                    loopPath, "application/grpc", body: enveloped(Connect_Test_V1_EchoRequest()))
                #expect(answer.trailers.first("grpc-status") == "0")
                var answered = 0
                for await frame in connection.connectionFrames {
                    if case .ping(_, ack: true) = frame { answered += 1 }
                    if answered == 200 { break }
                }
                #expect(answered == 200)
            }
        }
    }

    @Test func floodsOfHeadersEndTheConnectionAndOthersAreServed() async throws {
        var configuration = ConnectServerConfiguration.test
        configuration.limits.maxHeaderBytes = 4_000
        try await withServer(configuration) { server, address in
            let flood: HPACKHeaders = ["x-flood": String(repeating: "y", count: 8_000)]
            // The connection ends under the call, in whatever way its client reports that.
            _ = try? await withHTTP2(to: address) {
                try await $0.call(loopPath, "application/grpc", flood, body: [])
            }
            try await eventually { server.connectionCount == 0 }
            let good = try await withHTTP2(to: address) {
                try await $0.call(loopPath, "application/grpc", body: enveloped(Connect_Test_V1_EchoRequest()))
            }
            #expect(good.trailers.first("grpc-status") == "0")
        }
    }

    @Test func aRequestThatNeverEndsIsEnded() async throws {
        var configuration = ConnectServerConfiguration.test
        configuration.timers.requestBody = .milliseconds(100)
        try await withServer(configuration) { _, address in
            let answer = try await withHTTP2(to: address) { connection in
                try await connection.withStream { outbound, inbound in
                    try await outbound.write(.headers(.init(headers: RawHTTP2.head(echoPath, "application/grpc"))))
                    return try await RawHTTP2.collect(&inbound)
                }
            }
            #expect(answer.trailers.first("grpc-status") == "4")
        }
    }

    @Test func aConnectionPastItsAgeIsToldToGo() async throws {
        var configuration = ConnectServerConfiguration.test
        configuration.timers.maxAge = .milliseconds(100)
        try await withServer(configuration) { _, address in
            try await withHTTP2(to: address) { connection in
                var goAways = 0
                for await frame in connection.connectionFrames {
                    if case .goAway(_, .noError, _) = frame { goAways += 1 }
                }
                // A client without calls may leave at the first.
                #expect(goAways >= 1)
            }
        }
    }

    @Test func anIdleHTTP2ConnectionIsTold() async throws {
        var configuration = ConnectServerConfiguration.test
        configuration.timers.idle = .milliseconds(100)
        try await withServer(configuration) { server, address in
            try await withHTTP2(to: address) { connection in
                for await _ in connection.connectionFrames {}
            }
            try await eventually { server.connectionCount == 0 }
        }
    }

    @Test func aPeerThatDoesNotAnswerPingsIsClosed() async throws {
        var configuration = ConnectServerConfiguration.test
        configuration.timers.keepalive = .milliseconds(50)
        configuration.timers.keepaliveTimeout = .milliseconds(50)
        try await withServer(configuration) { server, address in
            try await withRawConnection(to: address) { connection in
                try await connection.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
                try await connection.send([0, 0, 0, 4, 0, 0, 0, 0, 0])
                while try await connection.receive() {}
            }
            try await eventually { server.connectionCount == 0 }
        }
    }

    @Test func randomBytesNeverCrashTheServer() async throws {
        var generator = SeededGenerator(seed: 4711)
        let inputs = try (0..<60).map { round in
            let whole =
                round % 2 == 0 ? Array(request("POST \(loopPath)", body: #"{"text":"x"}"#).utf8) : try http2Bytes()
            return mutated(whole, &generator)
        }
        try await withServer { server, address in
            for input in inputs {
                try await withRawConnection(to: address) { connection in try await connection.send(input) }
            }
            let answer = try await withHTTP2(to: address) {
                try await $0.call(loopPath, "application/grpc", body: enveloped(Connect_Test_V1_EchoRequest()))
            }
            #expect(answer.trailers.first("grpc-status") == "0")
            try await eventually { server.connectionCount == 0 }
        }
    }

    private func mutated(_ whole: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = whole
        for _ in 0..<5 {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
            case 1: bytes.insert(UInt8.random(in: .min ... .max, using: &generator), at: place)
            default: bytes.remove(at: place)
            }
        }
        return bytes
    }
}
