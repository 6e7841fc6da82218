// SPDX-License-Identifier: MIT
import Connect
import ConnectServer
import NIOCore
import NIOHPACK
import NIOHTTP2
import SwiftProtobuf
import Testing

private let echoPath = EchoService.echo.path
private let loopPath = EchoService.echoOnLoop.path
private let countPath = EchoService.count.path

/// A message in an envelope, in a codec.
func enveloped(_ message: some Message, _ codec: RPCCodec = .proto, gzip: Bool = false) throws -> [UInt8] {
    let bytes = try MessageCoding.encode(message, as: codec)
    return gzip ? EnvelopePrefix.envelope(Gzip.compress(bytes), flags: .compressed) : EnvelopePrefix.envelope(bytes)
}

@Suite("gRPC")
struct ServerGRPCTests {
    private let hello = Connect_Test_V1_EchoRequest.with { $0.text = "hello" }

    @Test(arguments: [echoPath, loopPath], RPCCodec.allCases)
    func aUnaryCallEndsInTrailersWithStatusZero(_ path: String, _ codec: RPCCodec) async throws {
        try await withServer { _, address in
            try await withHTTP2(to: address) { connection in
                let answer = try await connection.call(
                    path, "application/grpc+\(codec.rawValue)", body: enveloped(hello, codec))
                #expect(answer.status == "200")
                #expect(answer.headers.first("content-type") == "application/grpc+\(codec.rawValue)")
                #expect(answer.headers.first("grpc-status") == nil)
                #expect(answer.trailers.first("grpc-status") == "0")
                let envelopes = answer.envelopes
                try #require(envelopes.count == 1)
                #expect(envelopes[0].flags == 0)
                let message: Connect_Test_V1_EchoResponse = try MessageCoding.decode(envelopes[0].payload, as: codec)
                #expect(message.text == "hello")
                if path == echoPath {
                    #expect(answer.headers.first("x-echo") == "head")
                    #expect(answer.trailers.first("x-echo-end") == "tail")
                }
            }
        }
    }

    @Test func plainApplicationGRPCIsProtobuf() async throws {
        try await withServer { _, address in
            try await withHTTP2(to: address) { connection in
                let answer = try await connection.call(loopPath, "application/grpc", body: enveloped(hello))
                #expect(answer.trailers.first("grpc-status") == "0")
            }
        }
    }

    @Test(arguments: RPCCode.allCases)
    func errorsAreTrailersOnly(_ code: RPCCode) async throws {
        let request = Connect_Test_V1_EchoRequest.with {
            $0.text = "wäy %"
            $0.failWith = Int32(code.rawValue)
        }
        try await withServer { _, address in
            try await withHTTP2(to: address) { connection in
                for path in [echoPath, loopPath] {
                    let answer = try await connection.call(path, "application/grpc", body: enveloped(request))
                    #expect(answer.status == "200")
                    #expect(answer.body.isEmpty)
                    #expect(answer.headers == answer.trailers)
                    #expect(GRPCStatus.error(in: answer.trailers)?.code == code)
                    #expect(GRPCStatus.error(in: answer.trailers)?.message == "wäy %")
                }
            }
        }
    }

    @Test func anUnknownPathIsUnimplemented() async throws {
        try await withServer { _, address in
            try await withHTTP2(to: address) { connection in
                let answer = try await connection.call("/no.Such/Method", "application/grpc", body: [])
                #expect(answer.status == "200")
                #expect(answer.trailers.first("grpc-status") == "12")
            }
        }
    }

    @Test(arguments: RPCCodec.allCases)
    func aServerStreamSendsAllAndThenTheStatus(_ codec: RPCCodec) async throws {
        let request = Connect_Test_V1_CountRequest.with { $0.to = 1000 }
        try await withServer { _, address in
            try await withHTTP2(to: address) { connection in
                let answer = try await connection.call(
                    countPath, "application/grpc+\(codec.rawValue)", body: enveloped(request, codec))
                #expect(answer.trailers.first("grpc-status") == "0")
                let numbers = try answer.envelopes.map { envelope in
                    let message: Connect_Test_V1_CountResponse = try MessageCoding.decode(envelope.payload, as: codec)
                    return message.number
                }
                #expect(numbers == Array(1...1000))
            }
        }
    }

    @Test func aStreamThatFailsSendsWhatItHadAndTheError() async throws {
        let request = Connect_Test_V1_CountRequest.with {
            $0.to = 3
            $0.failWith = Int32(RPCCode.dataLoss.rawValue)
        }
        try await withServer { _, address in
            try await withHTTP2(to: address) { connection in
                let answer = try await connection.call(countPath, "application/grpc", body: enveloped(request))
                #expect(answer.envelopes.count == 3)
                #expect(GRPCStatus.error(in: answer.trailers)?.code == .dataLoss)
                #expect(GRPCStatus.error(in: answer.trailers)?.message == "counted enough")
            }
        }
    }

    @Test(arguments: [
        ([], RPCCode.unimplemented), ([0, 0], .invalidArgument), ([0, 0, 0, 0, 9, 1], .invalidArgument),
        ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0], .unimplemented), ([4, 0, 0, 0, 0], .invalidArgument),
        ([2, 0, 0, 0, 2, 123, 125], .invalidArgument), ([1, 0, 0, 0, 1, 7], .internalError),
        ([0, 255, 255, 255, 255], .resourceExhausted), ([0, 0, 0, 0, 2, 0xff, 0xff], .invalidArgument),
    ])
    func malformedEnvelopesHaveTheirCode(_ body: [UInt8], _ code: RPCCode) async throws {
        try await withServer { _, address in
            try await withHTTP2(to: address) { connection in
                for path in [loopPath, countPath] {
                    let answer = try await connection.call(path, "application/grpc", body: body)
                    #expect(GRPCStatus.error(in: answer.trailers)?.code == code, "\(body)")
                }
            }
        }
    }

    @Test func gzipIsReadAndWritten() async throws {
        let long = Connect_Test_V1_EchoRequest.with { $0.text = String(repeating: "long ", count: 1000) }
        try await withServer { _, address in
            try await withHTTP2(to: address) { connection in
                let answer = try await connection.call(
                    loopPath, "application/grpc", ["grpc-encoding": "gzip", "grpc-accept-encoding": "identity,gzip"],
                    body: enveloped(long, gzip: true))
                #expect(answer.headers.first("grpc-encoding") == "gzip")
                let envelope = try #require(answer.envelopes.first)
                #expect(envelope.flags == 1)
                let bytes = try Gzip.decompress(envelope.payload, limit: 1 << 20)
                #expect(try Connect_Test_V1_EchoResponse(serializedBytes: bytes).text == long.text)
                let refused = try await connection.call(
                    loopPath, "application/grpc", ["grpc-encoding": "zstd"], body: enveloped(hello))
                #expect(GRPCStatus.error(in: refused.trailers)?.code == .unimplemented)
                #expect(refused.trailers.first("grpc-accept-encoding") == "gzip")
            }
        }
    }

    @Test func aDeadlineThatPassesEndsUnaryCallsAndStreams() async throws {
        let slow = Connect_Test_V1_EchoRequest.with { $0.delayMilliseconds = 60_000 }
        let held = Connect_Test_V1_CountRequest.with {
            $0.to = 2
            $0.hold = true
        }
        try await withServer { _, address in
            try await withHTTP2(to: address) { connection in
                let unary = try await connection.call(
                    echoPath, "application/grpc", ["grpc-timeout": "50m"], body: enveloped(slow))
                #expect(unary.trailers.first("grpc-status") == "4")
                let stream = try await connection.call(
                    countPath, "application/grpc", ["grpc-timeout": "500m"], body: enveloped(held))
                #expect(stream.envelopes.count == 2)
                #expect(stream.trailers.first("grpc-status") == "4")
            }
        }
    }
}

@Suite("gRPC-Web")
struct ServerGRPCWebTests {
    @Test(arguments: [EchoService.echo.path, loopPath])
    func trailersAreTheLastEnvelope(_ path: String) async throws {
        let body = try enveloped(Connect_Test_V1_EchoRequest.with { $0.text = "web" })
        try await withServer { _, address in
            let answer = try await withHTTP2(to: address) {
                try await $0.call(path, "application/grpc-web+proto", body: body)
            }
            try Self.check(answer.body)
            try await withRawConnection(to: address) { connection in
                try await connection.send(
                    "POST \(path) HTTP/1.1\r\ncontent-type: application/grpc-web+proto\r\ncontent-length: \(body.count)\r\n\r\n"
                )
                try await connection.send(body)
                try Self.check(try await connection.response().body)
            }
        }
    }

    private static func check(_ body: [UInt8]) throws {
        let envelopes = splitEnvelopes(body)
        try #require(envelopes.map(\.flags) == [0, 0x80])
        #expect(try Connect_Test_V1_EchoResponse(serializedBytes: envelopes[0].payload).text == "web")
        #expect(WebTrailers.decode(envelopes[1].payload).first("grpc-status") == "0")
    }

    @Test func errorsAndStreamsEndInTheSameEnvelope() async throws {
        let failing = Connect_Test_V1_EchoRequest.with { $0.failWith = 5 }
        let counting = Connect_Test_V1_CountRequest.with {
            $0.to = 2
            $0.failWith = 10
        }
        try await withServer { _, address in
            try await withHTTP2(to: address) { connection in
                let error = try await connection.call(loopPath, "application/grpc-web", body: enveloped(failing))
                #expect(error.status == "200")
                #expect(error.envelopes.map(\.flags) == [0x80])
                #expect(GRPCStatus.error(in: WebTrailers.decode(error.envelopes[0].payload))?.code == .notFound)
                let stream = try await connection.call(countPath, "application/grpc-web", body: enveloped(counting))
                #expect(stream.envelopes.map(\.flags) == [0, 0, 0x80])
                #expect(GRPCStatus.error(in: WebTrailers.decode(stream.envelopes[2].payload))?.code == .aborted)
            }
        }
    }
}
