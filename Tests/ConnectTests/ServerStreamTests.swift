// SPDX-License-Identifier: MIT
import Connect
import ConnectServer
import Locks
import NIOCore
import NIOHTTP2
import NavarchTestSupport
import SwiftProtobuf
import Testing

import struct Synchronization.Atomic

private let countPath = EchoService.count.path

@Suite("Server streams of Connect")
struct ServerStreamTests {
    @Test(arguments: RPCCodec.allCases)
    func messagesAndTheEndAreEnvelopesOverBothVersions(_ codec: RPCCodec) async throws {
        let body = try enveloped(Connect_Test_V1_CountRequest.with { $0.to = 50 }, codec)
        let type = "application/connect+\(codec.rawValue)"
        try await withServer { _, address in
            let h2 = try await withHTTP2(to: address) { try await $0.call(countPath, type, body: body) }
            #expect(h2.headers.first("content-type") == type)
            try Self.check(h2.body, codec)
            try await withRawConnection(to: address) { connection in
                for _ in 0..<2 {
                    try await connection.send(
                        "POST \(countPath) HTTP/1.1\r\ncontent-type: \(type)\r\ncontent-length: \(body.count)\r\n\r\n")
                    try await connection.send(body)
                    let response = try await connection.response()
                    #expect(response.status == 200)
                    #expect(response.headers.first("transfer-encoding") == "chunked")
                    try Self.check(response.body, codec)
                }
            }
        }
    }

    private static func check(_ body: [UInt8], _ codec: RPCCodec) throws {
        let envelopes = splitEnvelopes(body)
        try #require(envelopes.count == 51)
        for (index, envelope) in envelopes.dropLast().enumerated() {
            let message: Connect_Test_V1_CountResponse = try MessageCoding.decode(envelope.payload, as: codec)
            #expect(envelope.flags == 0)
            #expect(message.number == Int64(index + 1))
        }
        #expect(envelopes[50].flags == 2)
        #expect(EndOfStream(envelopes[50].payload) == EndOfStream())
    }

    @Test func errorsAreInTheEndAndTheStatusIs200() async throws {
        let failing = Connect_Test_V1_CountRequest.with {
            $0.to = 1
            $0.failWith = Int32(RPCCode.outOfRange.rawValue)
        }
        try await withServer { _, address in
            try await withHTTP2(to: address) { connection in
                let answer = try await connection.call(
                    countPath, "application/connect+json", body: enveloped(failing, .json))
                #expect(answer.status == "200")
                #expect(answer.envelopes.map(\.flags) == [0, 2])
                #expect(EndOfStream(answer.envelopes[1].payload)?.error == RPCError(.outOfRange, "counted enough"))
                let malformed = try await connection.call(
                    countPath, "application/connect+json", body: EnvelopePrefix.envelope(Array("{".utf8)))
                #expect(malformed.status == "200")
                #expect(EndOfStream(malformed.envelopes[0].payload)?.error?.code == .invalidArgument)
                let refused = try await connection.call(countPath, "application/json", body: Array("{}".utf8))
                #expect(refused.status == "415")
            }
        }
    }

    @Test func longMessagesAreCompressedForThoseThatTakeIt() async throws {
        let request = Connect_Test_V1_CountRequest.with {
            $0.to = 3
            $0.payloadBytes = 50_000
        }
        try await withServer { _, address in
            try await withHTTP2(to: address) { connection in
                let answer = try await connection.call(
                    countPath, "application/connect+proto", ["connect-accept-encoding": "gzip"],
                    body: enveloped(request))
                #expect(answer.headers.first("connect-content-encoding") == "gzip")
                #expect(answer.envelopes.map(\.flags) == [1, 1, 1, 2])
                let bytes = try Gzip.decompress(answer.envelopes[2].payload, limit: 60_000)
                #expect(try Connect_Test_V1_CountResponse(serializedBytes: bytes).number == 3)
            }
        }
    }

    @Test func headersGoOutBeforeThereIsAMessageWhenTheHandlerSaysSo() async throws {
        let held = Connect_Test_V1_CountRequest.with { $0.hold = true }
        try await withServer { _, address in
            try await withHTTP2(to: address) { connection in
                try await connection.withStream { outbound, inbound in
                    let head = RawHTTP2.head(countPath, "application/grpc")
                    try await outbound.write(.headers(.init(headers: head)))
                    try await outbound.write(
                        .data(.init(data: .byteBuffer(ByteBuffer(bytes: enveloped(held))), endStream: true)))
                    guard case .headers(let first)? = try await inbound.next() else {
                        Issue.record("no headers came")
                        return
                    }
                    #expect(!first.endStream)
                }
            }
        }
    }

    @Test func aClientThatLeavesCancelsItsHandler() async throws {
        let held = Connect_Test_V1_CountRequest.with {
            $0.to = 1
            $0.hold = true
        }
        let log = OutcomeLog()
        try await withServer(interceptors: [log]) { _, address in
            try await withHTTP2(to: address) { connection in
                try await connection.withStream { outbound, inbound in
                    try await outbound.write(.headers(.init(headers: RawHTTP2.head(countPath, "application/grpc"))))
                    try await outbound.write(
                        .data(.init(data: .byteBuffer(ByteBuffer(bytes: enveloped(held))), endStream: true)))
                    _ = try await inbound.next()
                    try await outbound.write(.rstStream(.cancel))
                }
            }
            let body = try enveloped(held)
            try await withRawConnection(to: address) { connection in
                try await connection.send(
                    "POST \(countPath) HTTP/1.1\r\ncontent-type: application/connect+proto\r\ncontent-length: \(body.count)\r\n\r\n"
                )
                try await connection.send(body)
                _ = try await connection.receive()
            }
            try await eventually { log.codes == [.canceled, .canceled] }
        }
    }

    @Test(arguments: [true, false])
    func aSlowReaderHoldsItsWriterBackAndLosesNothing(_ overHTTP2: Bool) async throws {
        let written = Atomic<Int>(0)
        let messages = 400
        var router = RPCRouter()
        router.serverStream(EchoService.count) { request, writer, context in
            for number in 1...messages {
                var message = Connect_Test_V1_CountResponse()
                message.number = Int64(number)
                message.payload = .init(repeating: 1, count: 100_000)
                try await writer.write(message)
                written.add(1, ordering: .relaxed)
            }
        }
        try await withServer(router: router) { _, address in
            let body = try enveloped(Connect_Test_V1_CountRequest())
            let received: [UInt8]
            if overHTTP2 {
                received = try await withHTTP2(to: address) { connection in
                    try await connection.withStream { outbound, inbound in
                        try await outbound.write(
                            .headers(.init(headers: RawHTTP2.head(countPath, "application/connect+proto"))))
                        try await outbound.write(
                            .data(.init(data: .byteBuffer(ByteBuffer(bytes: body)), endStream: true)))
                        try await Self.writerStops(written)
                        return try await RawHTTP2.collect(&inbound).body
                    }
                }
            } else {
                received = try await withRawConnection(to: address) { connection in
                    try await connection.send(
                        "POST \(countPath) HTTP/1.1\r\ncontent-type: application/connect+proto\r\ncontent-length: \(body.count)\r\n"
                            + "connection: close\r\n\r\n")
                    try await connection.send(body)
                    try await Self.writerStops(written)
                    while try await connection.receive() {}
                    return try await connection.response().body
                }
            }
            let numbers = try splitEnvelopes(received).dropLast().map {
                try Connect_Test_V1_CountResponse(serializedBytes: $0.payload).number
            }
            #expect(numbers == Array(1...Int64(messages)))
        }
    }

    /// Waits until the writer has not moved for a while, and checks that it is far from done.
    private static func writerStops(_ written: borrowing Atomic<Int>) async throws {
        var last = -1
        var rounds = 0
        while rounds < 10 {
            let now = written.load(ordering: .relaxed)
            rounds = now == last && now > 0 ? rounds + 1 : 0
            last = now
            try await pause()
        }
        #expect(last < 350)
    }

    @Test func aReaderThatStopsForGoodIsGivenUp() async throws {
        var configuration = ConnectServerConfiguration.test
        configuration.timers.writeStall = .milliseconds(100)
        let log = OutcomeLog()
        try await withServer(configuration, interceptors: [log]) { _, address in
            try await withRawConnection(to: address) { connection in
                let body = try enveloped(
                    Connect_Test_V1_CountRequest.with {
                        $0.to = 10_000
                        $0.payloadBytes = 100_000
                    })
                try await connection.send(
                    "POST \(countPath) HTTP/1.1\r\ncontent-type: application/connect+proto\r\ncontent-length: \(body.count)\r\n\r\n"
                )
                try await connection.send(body)
                try await eventually { log.codes == [.unavailable] }
            }
        }
    }
}

/// Lets a little time pass.
func pause() async throws {
    let end = ContinuousClock.now.advanced(by: .milliseconds(20))
    try await eventually(every: .milliseconds(5)) { .now >= end }
}

/// Writes down how calls ended.
final class OutcomeLog: ServerInterceptor {
    private let outcomes = Mutex<[CallOutcome]>([])
    private let starts = Mutex(0)

    var codes: [RPCCode?] { outcomes.withLock { $0.map(\.code) } }
    var all: [CallOutcome] { outcomes.withLock { $0 } }

    /// How many calls began.
    var begun: Int { starts.withLock { $0 } }

    func begin(_ call: inout CallStart) -> CallRefusal? {
        starts.withLock { $0 += 1 }
        return nil
    }

    func end(_ call: CallStart, outcome: CallOutcome) { outcomes.withLock { $0.append(outcome) } }
}
