// SPDX-License-Identifier: MIT

import Connect
import NIOCore
import NIOHTTP1
import Testing

@testable import ConnectClient

/// What the client makes of the bytes of an answer, without a socket.
@Suite struct ClientAnswerTests {
    private static func format(_ rpcProtocol: RPCProtocol, limit: Int = 1000) -> WireFormat {
        WireFormat(rpcProtocol: rpcProtocol, codec: .proto, maxMessageBytes: limit, compressFromBytes: nil)
    }

    private static func head(_ rpcProtocol: RPCProtocol, _ extra: HTTPHeaders = [:]) -> HTTPResponseHead {
        let type = RPCContentType(rpcProtocol, .proto, isEnveloped: true).headerValue
        var headers: HTTPHeaders = ["content-type": type]
        headers.add(contentsOf: extra)
        return HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
    }

    /// Reads a body in pieces of `step` bytes, then the trailers.
    private static func read(
        _ rpcProtocol: RPCProtocol, _ body: [UInt8], _ extra: HTTPHeaders = [:], trailers: HTTPHeaders = [:],
        step: Int = 1 << 20, limit: Int = 1000
    ) throws(RPCError) -> (messages: [[UInt8]], trailers: RPCMetadata) {
        var reader = try EnvelopedAnswer(head(rpcProtocol, extra), format(rpcProtocol, limit: limit))
        var messages: [[UInt8]] = []
        var rest = body[...]
        while !rest.isEmpty {
            reader.append(ByteBuffer(bytes: rest.prefix(step)))
            rest = rest.dropFirst(step)
            while let message = try reader.next() { messages.append(message) }
        }
        try reader.end(trailers)
        return (messages, reader.trailers)
    }

    private static func code(_ body: () throws -> Void) -> RPCCode? {
        do {
            try body()
            return nil
        } catch {
            return (error as? RPCError)?.code
        }
    }

    private static let end = EnvelopePrefix.envelope(Array("{}".utf8), flags: .endStream)

    @Test(arguments: [1, 2, 3, 7, 1000])
    func messagesAreReadHoweverTheirBytesArrive(step: Int) throws {
        let trailers = EndOfStream(trailers: ["a": "1", "a": "2"]).bytes
        let body =
            EnvelopePrefix.envelope([1, 2, 3]) + EnvelopePrefix.envelope([])
            + EnvelopePrefix.envelope(Gzip.compress([9, 9]), flags: .compressed)
            + EnvelopePrefix.envelope(trailers, flags: .endStream)
        let answer = try Self.read(.connect, body, ["connect-content-encoding": "gzip"], step: step)
        #expect(answer.messages == [[1, 2, 3], [], [9, 9]])
        #expect(answer.trailers.values("a") == ["1", "2"])
    }

    @Test func brokenEnvelopesAreErrors() {
        let one = EnvelopePrefix.envelope([1])
        let cases: [([UInt8], HTTPHeaders, RPCCode)] = [
            (one, [:], .internalError), ([0, 0], [:], .internalError), (one + [0], [:], .internalError),
            (EnvelopePrefix.envelope([1], flags: .compressed) + Self.end, [:], .internalError),
            (
                EnvelopePrefix.envelope([1], flags: .compressed) + Self.end, ["connect-content-encoding": "gzip"],
                .internalError
            ),
            (EnvelopePrefix.envelope([1], flags: EnvelopePrefix.Flags(rawValue: 4)), [:], .internalError),
            (EnvelopePrefix.envelope([1], flags: .webTrailers), [:], .internalError),
            (EnvelopePrefix.envelope(Array("no".utf8), flags: .endStream), [:], .internalError),
            (Self.end + one, [:], .internalError), ([0, 255, 255, 255, 255], [:], .resourceExhausted),
            (EnvelopePrefix.envelope([UInt8](repeating: 0, count: 1001)), [:], .resourceExhausted),
        ]
        for (body, headers, code) in cases {
            for step in [1, 1 << 20] {
                #expect(
                    Self.code { _ = try Self.read(.connect, body, headers, step: step) } == code, "\(body.prefix(20))")
            }
        }
    }

    @Test func aBombGoesOffWithinTheLimit() {
        let bomb = EnvelopePrefix.envelope(Gzip.compress([UInt8](repeating: 0, count: 1 << 20)), flags: .compressed)
        let code = Self.code { _ = try Self.read(.grpc, bomb, ["grpc-encoding": "gzip"], limit: 4000) }
        #expect(code == .resourceExhausted)
    }

    @Test func anEncodingThatWasNotOfferedIsAnError() {
        #expect(Self.code { _ = try Self.read(.grpc, [], ["grpc-encoding": "br"]) } == .internalError)
        #expect(Self.code { _ = try Self.read(.connect, [], ["connect-content-encoding": "br"]) } == .internalError)
    }

    @Test func theStatusOfGRPCIsInTheTrailers() throws {
        let answer = try Self.read(
            .grpc, EnvelopePrefix.envelope([5]), trailers: ["grpc-status": "0", "grpc-message": "", "x-more": "1"])
        #expect(answer.messages == [[5]])
        #expect(answer.trailers == ["x-more": "1"])
    }

    @Test func theStatusOfGRPCWithoutABodyIsInTheHead() {
        var error: RPCError?
        do throws(RPCError) {
            _ = try Self.read(.grpc, [], ["grpc-status": "5", "grpc-message": "no%20such", "x-id": "7"])
        } catch let thrown {
            error = thrown
        }
        #expect(error?.code == .notFound)
        #expect(error?.message == "no such")
        #expect(error?.metadata.first("x-id") == "7")
    }

    @Test func gRPCWithoutAStatusIsNoSuccess() {
        #expect(Self.code { _ = try Self.read(.grpc, EnvelopePrefix.envelope([5])) } == .unknown)
        #expect(Self.code { _ = try Self.read(.grpc, [0, 0, 0], trailers: ["grpc-status": "0"]) } == .internalError)
    }

    @Test func theTrailersOfGRPCWebAreItsLastEnvelope() throws {
        let trailers = Array("grpc-status: 0\r\nX-More: 1\r\n".utf8)
        let body = EnvelopePrefix.envelope([5]) + EnvelopePrefix.envelope(trailers, flags: .webTrailers)
        let answer = try Self.read(.grpcWeb, body, step: 3)
        #expect(answer.messages == [[5]])
        #expect(answer.trailers == ["x-more": "1"])
    }

    @Test(arguments: [0, 2, 3])
    func aUnaryAnswerHasExactlyOneMessage(count: Int) {
        let body = (0..<count).flatMap { EnvelopePrefix.envelope([UInt8($0)]) }
        let answer = CollectedAnswer(
            head: Self.head(.grpc), body: ByteBuffer(bytes: body), trailers: ["grpc-status": "0"])
        #expect(Self.code { _ = try UnaryAnswer(answer, Self.format(.grpc)) } == .unimplemented)
    }

    @Test func aContentTypeOfAnotherKindIsToldApart() {
        let format = Self.format(.grpc)
        func code(_ type: String) -> RPCCode? {
            let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": type])
            return Self.code { _ = try EnvelopedAnswer(head, format) }
        }
        #expect(code("application/grpc") == nil)
        #expect(code("application/grpc+proto") == nil)
        #expect(code("application/grpc+json") == .internalError)
        #expect(code("text/html; charset=utf-8") == .unknown)
        #expect(code("") == .unknown)
    }

    @Test func theErrorOfAUnaryConnectAnswerHasItsDetailsAndMetadata() {
        var detail = Google_Rpc_ErrorInfo()
        detail.reason = "BECAUSE"
        let body = ErrorJSON.encode(RPCError(.aborted, "lost", details: [RPCErrorDetail(detail)]))
        let head = HTTPResponseHead(
            version: .http1_1, status: .conflict,
            headers: ["content-type": "application/json", "x-id": "7", "trailer-x-end": "8"])
        let answer = CollectedAnswer(head: head, body: ByteBuffer(bytes: body), trailers: [:])
        var error: RPCError?
        do throws(RPCError) {
            _ = try UnaryAnswer(answer, Self.format(.connect))
        } catch let thrown {
            error = thrown
        }
        #expect(error?.code == .aborted)
        #expect(error?.message == "lost")
        #expect(error?.detail(Google_Rpc_ErrorInfo.self)?.reason == "BECAUSE")
        #expect(error?.metadata.first("x-id") == "7")
        #expect(error?.metadata.first("x-end") == "8")
    }
}
