// SPDX-License-Identifier: MIT

import Connect
import Locks
import NIOCore
import NIOHTTP1
import NavarchTestSupport
import Testing

@testable import ConnectClient

/// What the client does about servers that fail, leave, or break the rules.
@Suite(.serialized) struct ClientFaultTests {
    typealias Request = Connect_Test_V1_EchoRequest
    typealias Response = Connect_Test_V1_EchoResponse

    private static let plain = RPCMethod<Request, Response>(service: "s.S", name: "Plain")
    private static let repeatable = RPCMethod<Request, Response>(
        service: "s.S", name: "Repeatable", idempotency: .idempotent)

    private static let http1 = ClientWay(.connect, .proto, .http1)
    private static let http2 = ClientWay(.connect, .proto, .http2)
    private static let proto: HTTPHeaders = ["content-type": "application/proto"]

    /// Answers as a well server does.
    private static func succeed(_ request: ScriptedServer.Request) { request.answer.send(.ok, proto, request.body) }

    private static func refuse(_ request: ScriptedServer.Request) {
        let body = ErrorJSON.encode(RPCError(.unavailable, "not now"))
        request.answer.send(.serviceUnavailable, ["content-type": "application/json"], body)
    }

    /// A configuration whose waits are short.
    private static func quick(_ way: ClientWay, _ addresses: [String]) -> RPCClientConfiguration {
        var configuration = way.configuration()
        configuration.baseURLs = addresses.map { "http://\($0)" }
        configuration.retry.firstBackoff = .milliseconds(1)
        return configuration
    }

    @Test(arguments: [http1, http2])
    func aCallGoesToTheNextBaseURLWhenTheFirstIsGone(_ way: ClientWay) async throws {
        let gone = try await ScriptedServer.run(way.version, script: Self.succeed) { _, address in address }
        try await ScriptedServer.run(way.version, script: Self.succeed) { server, address in
            try await withClient(Self.quick(way, [gone, address])) { client in
                for _ in 0..<10 { _ = try await client.unary(Self.plain, Request()) }
                #expect(server.requestCount == 10)
            }
        }
    }

    @Test(arguments: [http1, http2])
    func whenNoServerIsThereTheErrorNamesThem(_ way: ClientWay) async throws {
        let gone = try await ScriptedServer.run(way.version, script: Self.succeed) { _, address in address }
        try await withClient(Self.quick(way, [gone])) { client in
            let error = await failure { try await client.unary(Self.plain, Request()) }
            #expect(error?.code == .unavailable)
            #expect(error?.message == "cannot reach http://\(gone): connection refused")
        }
    }

    @Test func aNameThatDoesNotResolveIsUnavailable() async throws {
        try await withClient(Self.quick(Self.http1, ["no-such-host.invalid:1"])) { client in
            let error = await failure { try await client.unary(Self.plain, Request()) }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("no-such-host.invalid") == true)
        }
    }

    @Test(arguments: [http1, http2])
    func anAnswerOfUnavailableIsRetriedOnlyForIdempotentMethods(_ way: ClientWay) async throws {
        let script: ScriptedServer.Script = { $0.number % 3 == 0 ? Self.succeed($0) : Self.refuse($0) }
        try await ScriptedServer.run(way.version, script: script) { server, address in
            try await withClient(Self.quick(way, [address])) { client in
                _ = try await client.unary(Self.repeatable, Request())
                #expect(server.requestCount == 3)
                let error = await failure { try await client.unary(Self.plain, Request()) }
                #expect(error?.code == .unavailable)
                #expect(error?.message == "not now")
                #expect(server.requestCount == 4)
            }
        }
    }

    @Test func allAttemptsOfACallHaveOneRequestID() async throws {
        let seen = Mutex<[String]>([])
        let script: ScriptedServer.Script = { request in
            seen.withLock { $0.append(request.head.headers.first(name: "x-request-id") ?? "none") }
            request.number == 3 ? Self.succeed(request) : Self.refuse(request)
        }
        try await ScriptedServer.run(.http1, script: script) { _, address in
            try await withClient(Self.quick(Self.http1, [address])) { client in
                _ = try await client.unary(Self.repeatable, Request())
            }
        }
        let ids = seen.withLock { $0 }
        #expect(ids.count == 3)
        #expect(Set(ids).count == 1)
        #expect(ids[0].count == 32)
    }

    @Test func theRetryBudgetBoundsWhatAServerInTroubleSees() async throws {
        try await ScriptedServer.run(.http1, script: Self.refuse) { server, address in
            var configuration = Self.quick(Self.http1, [address])
            configuration.retry.budgetCapacity = 5
            configuration.retry.budgetRatio = 0.1
            try await withClient(configuration) { client in
                for _ in 0..<100 { _ = await failure { try await client.unary(Self.repeatable, Request()) } }
                #expect(server.requestCount >= 110)
                #expect(server.requestCount <= 116)
            }
        }
    }

    @Test func aBrokenConnectionIsNoRetryForWhatMayHaveBeenDone() async throws {
        let script: ScriptedServer.Script = { $0.number == 1 ? $0.answer.hangUp() : Self.succeed($0) }
        try await ScriptedServer.run(.http1, script: script) { server, address in
            try await withClient(Self.quick(Self.http1, [address])) { client in
                let error = await failure { try await client.unary(Self.plain, Request()) }
                #expect(error?.code == .unavailable)
                #expect(server.requestCount == 1)
            }
        }
        try await ScriptedServer.run(.http1, script: script) { server, address in
            try await withClient(Self.quick(Self.http1, [address])) { client in
                _ = try await client.unary(Self.repeatable, Request())
                #expect(server.requestCount == 2)
            }
        }
    }

    @Test func aStreamThatTheServerRefusedIsTriedAgainWhateverTheMethod() async throws {
        let script: ScriptedServer.Script = { $0.number == 1 ? $0.answer.reset(.refusedStream) : Self.succeed($0) }
        try await ScriptedServer.run(.http2, script: script) { server, address in
            try await withClient(Self.quick(Self.http2, [address])) { client in
                _ = try await client.unary(Self.plain, Request())
                #expect(server.requestCount == 2)
                #expect(server.connectionCount == 1)
            }
        }
    }

    @Test func aCallThatAGoodbyePassedOverIsMadeAgainOnANewConnection() async throws {
        let script: ScriptedServer.Script = { $0.connection == 1 ? $0.answer.goAway(last: 0) : Self.succeed($0) }
        try await ScriptedServer.run(.http2, script: script) { server, address in
            try await withClient(Self.quick(Self.http2, [address])) { client in
                _ = try await client.unary(Self.plain, Request())
                #expect(server.connectionCount == 2)
            }
        }
    }

    @Test func aCallThatAGoodbyeCoversIsFinishedWhileNewOnesGoElsewhere() async throws {
        let held = Mutex<ScriptedServer.Answer?>(nil)
        let script: ScriptedServer.Script = { request in
            guard request.number == 1 else { return Self.succeed(request) }
            request.answer.goAway(last: 1)
            held.withLock { $0 = request.answer }
        }
        try await ScriptedServer.run(.http2, script: script) { server, address in
            try await withClient(Self.quick(Self.http2, [address])) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { _ = try await client.unary(Self.plain, Request()) }
                    try await eventually { held.withLock { $0 != nil } }
                    try await eventually {
                        _ = try await client.unary(Self.plain, Request())
                        return server.connectionCount == 2
                    }
                    held.withLock { $0 }?.send(.ok, Self.proto, [])
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test func connectionsAreUsedAgain() async throws {
        try await ScriptedServer.run(.http1, script: Self.succeed) { server, address in
            try await withClient(Self.quick(Self.http1, [address])) { client in
                for _ in 0..<20 { _ = try await client.unary(Self.plain, Request()) }
                #expect(server.connectionCount == 1)
            }
        }
    }

    @Test func aConnectionThatTheServerWillCloseIsNotUsedAgain() async throws {
        let script: ScriptedServer.Script = { request in
            var headers = Self.proto
            headers.add(name: "connection", value: "close")
            request.answer.send(.ok, headers, [])
        }
        try await ScriptedServer.run(.http1, script: script) { server, address in
            try await withClient(Self.quick(Self.http1, [address])) { client in
                for _ in 0..<5 { _ = try await client.unary(Self.plain, Request()) }
                #expect(server.connectionCount == 5)
            }
        }
    }

    @Test func idleConnectionsAreClosed() async throws {
        try await ScriptedServer.run(.http1, script: Self.succeed) { server, address in
            var configuration = Self.quick(Self.http1, [address])
            configuration.idleTimeout = .milliseconds(20)
            try await withClient(configuration) { client in
                try await eventually {
                    _ = try await client.unary(Self.plain, Request())
                    try await eventually { server.openConnectionCount == 0 }
                    return server.connectionCount >= 2
                }
            }
        }
    }

    @Test func aDeadHTTP2ServerIsFoundByItsSilence() async throws {
        try await ScriptedServer.run(.http2, script: { $0.answer.goSilent() }) { server, address in
            var configuration = Self.quick(Self.http2, [address])
            configuration.keepaliveInterval = .milliseconds(50)
            configuration.keepaliveTimeout = .milliseconds(50)
            configuration.defaultTimeout = .seconds(30)
            try await withClient(configuration) { client in
                let error = await failure { try await client.unary(Self.plain, Request()) }
                #expect(error?.code == .unavailable)
            }
        }
    }

    @Test(arguments: [
        (HTTPResponseStatus.ok, "text/html", "<p>", RPCCode.unknown), (.ok, "application/json", "{}", .internalError),
        (.badGateway, "text/plain", "no upstream", .unavailable), (.unauthorized, "text/plain", "no", .unauthenticated),
        (.notFound, "text/html", "<p>", .unimplemented), (.forbidden, "", "", .permissionDenied),
        (.badRequest, "application/json", "{}", .internalError),
        (.badRequest, "application/json", "{\"code\":\"not_found\"}", .notFound),
    ])
    func answersOfOthersThanTheServerGetTheCodeOfTheirStatus(
        status: HTTPResponseStatus, type: String, body: String, code: RPCCode
    ) async throws {
        let script: ScriptedServer.Script = { $0.answer.send(status, ["content-type": type], Array(body.utf8)) }
        try await ScriptedServer.run(.http1, script: script) { _, address in
            try await withClient(Self.quick(Self.http1, [address])) { client in
                let error = await failure { try await client.unary(Self.plain, Request()) }
                #expect(error?.code == code)
                if type == "text/plain" { #expect(error?.message.hasSuffix(body) == true) }
            }
        }
    }

    @Test func aServerThatSpeaksTheOtherHTTPIsAnErrorNotAHang() async throws {
        try await ScriptedServer.run(.http1, script: Self.succeed) { _, address in
            try await withClient(Self.quick(Self.http2, [address])) { client in
                let error = await failure { try await client.unary(Self.plain, Request()) }
                #expect(error?.code == .unavailable)
            }
        }
        try await ScriptedServer.run(.http2, script: Self.succeed) { _, address in
            try await withClient(Self.quick(Self.http1, [address])) { client in
                let error = await failure { try await client.unary(Self.plain, Request()) }
                #expect(error != nil)
                #expect(error?.code != .deadlineExceeded)
            }
        }
    }
}
