// SPDX-License-Identifier: MIT

import Connect
import ConnectServer
import Locks
import NIOCore
import NIOHTTP1
import NavarchTestSupport
import Testing

@testable import ConnectClient

/// Streams that end early, break, are slow, or are many.
@Suite(.serialized) struct ClientStreamTests {
    private typealias Count = Connect_Test_V1_CountRequest

    /// What the handler of a stream went through.
    private final class Witness: Sendable {
        private let state = Mutex((started: 0, written: 0, cancelled: 0))
        var started: Int { state.withLock(\.started) }
        var written: Int { state.withLock(\.written) }
        var cancelled: Int { state.withLock(\.cancelled) }
        func start() { state.withLock { $0.started += 1 } }
        func write() { state.withLock { $0.written += 1 } }
        func cancel() { state.withLock { $0.cancelled += 1 } }
    }

    /// Streams without end, until they are cancelled.
    private static func endless(_ witness: Witness) -> RPCRouter {
        var router = RPCRouter()
        router.serverStream(EchoService.count) { request, writer, context in
            witness.start()
            var response = Connect_Test_V1_CountResponse()
            // By chance, or gzip would make nothing of it.
            var dice = SystemRandomNumberGenerator()
            let words = (0..<Int(request.payloadBytes) / 8).map { _ in dice.next() }
            response.payload = words.withUnsafeBytes { .init($0) }
            do {
                while true {
                    response.number += 1
                    try await writer.write(response)
                    witness.write()
                    guard request.hold else { continue }
                    await context.drain.started()
                    try Task.checkCancellation()
                    return
                }
            } catch {
                witness.cancel()
                throw error
            }
        }
        return router
    }

    private static func holding() -> Count {
        var request = Count()
        request.hold = true
        return request
    }

    @Test(arguments: ClientWay.all)
    func leavingAStreamEarlyCancelsItOnTheServer(_ way: ClientWay) async throws {
        let witness = Witness()
        try await withServer(router: Self.endless(witness)) { _, address in
            try await withClient(way.configuration("\(address)")) { client in
                let first = try await client.withServerStream(EchoService.count, Self.holding()) { try await $0.next() }
                #expect(first?.number == 1)
                try await eventually { witness.cancelled == 1 }
            }
        }
    }

    @Test(arguments: ClientWay.all)
    func cancellingTheTaskOfAStreamEndsBothSides(_ way: ClientWay) async throws {
        let witness = Witness()
        try await withServer(router: Self.endless(witness)) { _, address in
            try await withClient(way.configuration("\(address)")) { client in
                try await withThrowingTaskGroup(of: RPCError?.self) { group in
                    group.addTask {
                        await failure {
                            try await client.withServerStream(EchoService.count, Self.holding()) { stream in
                                for try await _ in stream {}
                            }
                        }
                    }
                    try await eventually { witness.written == 1 }
                    group.cancelAll()
                    #expect(try await group.next()??.code == .canceled)
                }
                try await eventually { witness.cancelled == 1 }
            }
        }
    }

    @Test(arguments: ClientWay.all)
    func aStreamEndsAtItsDeadline(_ way: ClientWay) async throws {
        let witness = Witness()
        try await withServer(router: Self.endless(witness)) { _, address in
            try await withClient(way.configuration("\(address)")) { client in
                let error = await failure {
                    try await client.withServerStream(
                        EchoService.count, Self.holding(), timeout: .milliseconds(500)
                    ) { stream in
                        for try await _ in stream {}
                    }
                }
                #expect(error?.code == .deadlineExceeded)
                try await eventually { witness.cancelled == witness.started }
            }
        }
    }

    @Test(arguments: [
        ClientWay(.connect, .proto, .http1), ClientWay(.connect, .proto, .http2), ClientWay(.grpc, .proto, .http2),
    ])
    func aSlowReaderStopsTheWriter(_ way: ClientWay) async throws {
        let witness = Witness()
        try await withServer(router: Self.endless(witness)) { _, address in
            try await withClient(way.configuration("\(address)")) { client in
                var request = Count()
                request.payloadBytes = 64 << 10
                try await client.withServerStream(EchoService.count, request) { stream in
                    let first = try await stream.next()
                    #expect(first?.number == 1)
                    try await Self.standstill(of: witness)
                    // Buffers of two sockets and both ends; without back-pressure it would be all there is memory for.
                    #expect(witness.written < 400)
                    let before = witness.written
                    for number in 2...Int64(before + 50) {
                        let message = try await stream.next()
                        #expect(message?.number == number)
                    }
                    #expect(witness.written > before)
                }
            }
        }
    }

    /// Waits until a writer has written nothing for a while.
    private static func standstill(of witness: Witness) async throws {
        var (last, unchanged) = (-1, 0)
        try await eventually(within: .seconds(30), every: .milliseconds(20)) {
            unchanged = witness.written == last ? unchanged + 1 : 0
            last = witness.written
            return unchanged >= 15
        }
    }

    @Test func streamsPastAConnectionsLimitGoOnAnother() async throws {
        let witness = Witness()
        var server = ConnectServerConfiguration.test
        server.limits.maxStreamsPerConnection = 10
        try await withServer(server, router: Self.endless(witness)) { server, address in
            try await withClient(ClientWay(.grpc, .proto, .http2).configuration("\(address)")) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<25 {
                        group.addTask {
                            try await client.withServerStream(EchoService.count, Self.holding()) { stream in
                                for try await _ in stream {}
                            }
                        }
                    }
                    try await eventually { witness.written == 25 }
                    #expect(server.connectionCount == 3)
                    group.cancelAll()
                }
                try await eventually { witness.cancelled == 25 }
            }
        }
    }

    @Test(arguments: [RPCClientConfiguration.HTTPVersion.http1, .http2])
    func aStreamThatBreaksGivesWhatCameThenUnavailable(_ version: RPCClientConfiguration.HTTPVersion) async throws {
        let script: ScriptedServer.Script = { request in
            request.answer.begin(.ok, ["content-type": "application/connect+proto"])
            request.answer.part(Self.envelope(1) + Self.envelope(2).prefix(3))
            request.answer.hangUp()
        }
        try await ScriptedServer.run(version, script: script) { server, address in
            try await withClient(ClientWay(.connect, .proto, version).configuration(address)) { client in
                try await client.withServerStream(EchoService.count, Count()) { stream in
                    let first = try await stream.next()
                    #expect(first?.number == 1)
                    let error = await failure { try await stream.next() }
                    #expect(error?.code == .unavailable)
                }
                #expect(server.requestCount == 1)
            }
        }
    }

    @Test(arguments: [RPCClientConfiguration.HTTPVersion.http1, .http2])
    func aStreamWithoutItsLastEnvelopeIsNoSuccess(_ version: RPCClientConfiguration.HTTPVersion) async throws {
        let script: ScriptedServer.Script = { request in
            request.answer.begin(.ok, ["content-type": "application/connect+proto"])
            request.answer.part(Self.envelope(1))
            request.answer.end()
        }
        try await ScriptedServer.run(version, script: script) { _, address in
            try await withClient(ClientWay(.connect, .proto, version).configuration(address)) { client in
                try await client.withServerStream(EchoService.count, Count()) { stream in
                    let first = try await stream.next()
                    #expect(first?.number == 1)
                    let error = await failure { try await stream.next() }
                    #expect(error?.code == .internalError)
                }
            }
        }
    }

    @Test func aStreamThatNobodyTookIsOpenedElsewhere() async throws {
        let method = RPCMethod<Connect_Test_V1_CountRequest, Connect_Test_V1_CountResponse>(
            service: EchoService.name, name: "Count", kind: .serverStream, idempotency: .noSideEffects)
        let refuse: ScriptedServer.Script = { $0.answer.send(.serviceUnavailable) }
        try await ScriptedServer.run(.http1, script: refuse) { refusing, first in
            try await withServer { _, second in
                let way = ClientWay(.connect, .proto, .http1)
                try await withClient(way.configuration(first, "\(second)")) { client in
                    var request = Count()
                    request.to = 3
                    let count = try await client.withServerStream(method, request) { stream in
                        let headers = try await stream.headers()
                        #expect(headers.first("content-type") == "application/connect+proto")
                        return try await stream.reduce(0) { count, _ in count + 1 }
                    }
                    #expect(count == 3)
                }
            }
            #expect(refusing.requestCount == 1)
        }
    }

    @Test func theHeadersOfASilentStreamCanBeAwaited() async throws {
        try await withServer { _, address in
            try await withClient(ClientWay(.connect, .json, .http2).configuration("\(address)")) { client in
                try await client.withServerStream(EchoService.count, Self.holding()) { stream in
                    let headers = try await stream.headers()
                    #expect(headers.first("content-type") == "application/connect+json")
                }
            }
        }
    }

    private static func envelope(_ number: Int64) -> [UInt8] {
        // Field 1, a varint: short numbers are one byte.
        EnvelopePrefix.envelope([0x08, UInt8(number)])
    }
}
