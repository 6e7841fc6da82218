// SPDX-License-Identifier: MIT

import Connect
import ConnectServer
import Locks
import NIOCore
import NIOHTTP1
import NIOPosix
import NavarchTestSupport
import Testing

@testable import ConnectClient

/// Deadlines, cancellation, shutdown, and what a request carries.
@Suite(.serialized) struct ClientDeadlineTests {
    private typealias Request = Connect_Test_V1_EchoRequest

    /// Keeps every request waiting.
    private static let silent: ScriptedServer.Script = { _ in }

    @Test(arguments: ClientWay.all)
    func aCallEndsAtItsDeadlineAndTellsTheServer(_ way: ClientWay) async throws {
        let seen = Mutex<String?>(nil)
        let script: ScriptedServer.Script = { request in
            let name = way.rpcProtocol == .connect ? TimeoutHeader.connectName : TimeoutHeader.grpcName
            seen.withLock { $0 = request.head.headers.first(name: name) }
        }
        try await ScriptedServer.run(way.version, script: script) { server, address in
            try await withClient(way.configuration(address)) { client in
                let error = await failure {
                    try await client.unary(EchoService.echo, Request(), timeout: .milliseconds(800))
                }
                #expect(error?.code == .deadlineExceeded)
                let value = seen.withLock { $0 } ?? ""
                let told =
                    way.rpcProtocol == .connect
                    ? TimeoutHeader.parseConnect(value) : TimeoutHeader.parseGRPC(value)
                #expect(told.map { $0 > .zero && $0 <= .milliseconds(800) } == true)
                #expect(server.requestCount == 1)
            }
        }
    }

    @Test func aCallWithoutATimeoutTakesTheConfigurations() async throws {
        try await ScriptedServer.run(.http1, script: Self.silent) { _, address in
            var configuration = ClientWay(.connect, .proto, .http1).configuration(address)
            configuration.defaultTimeout = .milliseconds(50)
            try await withClient(configuration) { client in
                let error = await failure { try await client.unary(EchoService.echo, Request()) }
                #expect(error?.code == .deadlineExceeded)
            }
        }
    }

    @Test func theDeadlineHoldsWhileACallWaitsForAConnection() async throws {
        try await ScriptedServer.run(.http1, script: Self.silent) { server, address in
            var configuration = ClientWay(.connect, .proto, .http1).configuration(address)
            configuration.maxConnectionsPerURL = 1
            try await withClient(configuration) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { _ = await failure { try await client.unary(EchoService.echo, Request()) } }
                    try await eventually { server.requestCount == 1 }
                    let error = await failure {
                        try await client.unary(EchoService.echo, Request(), timeout: .milliseconds(50))
                    }
                    #expect(error?.code == .deadlineExceeded)
                    #expect(error?.message.contains("before there was a connection") == true)
                    group.cancelAll()
                }
            }
        }
    }

    @Test func aServerThatDoesNotStartHTTP2IsGivenUp() async throws {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        var configuration = ClientWay(.grpc, .proto, .http2)
            .configuration("127.0.0.1:\(listener.localAddress?.port ?? 0)")
        configuration.connectTimeout = .milliseconds(100)
        try await withClient(configuration) { client in
            let error = await failure { try await client.unary(EchoService.echo, Request()) }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("it took too long") == true)
        }
        try await listener.close()
    }

    @Test(arguments: [RPCClientConfiguration.HTTPVersion.http1, .http2])
    func aCancelledCallLeavesTheClientUsable(_ version: RPCClientConfiguration.HTTPVersion) async throws {
        let script: ScriptedServer.Script = { request in
            guard request.number > 1 else { return }
            request.answer.send(.ok, ["content-type": "application/proto"])
        }
        try await ScriptedServer.run(version, script: script) { server, address in
            try await withClient(ClientWay(.connect, .proto, version).configuration(address)) { client in
                try await withThrowingTaskGroup(of: RPCError?.self) { group in
                    group.addTask { await failure { try await client.unary(EchoService.echo, Request()) } }
                    try await eventually { server.requestCount == 1 }
                    group.cancelAll()
                    #expect(try await group.next()??.code == .canceled)
                }
                _ = try await client.unary(EchoService.echo, Request())
                #expect(server.connectionCount == (version == .http2 ? 1 : 2))
            }
        }
    }

    @Test func aTaskThatIsCancelledAlreadyMakesNoCall() async throws {
        try await ScriptedServer.run(.http1, script: Self.silent) { server, address in
            try await withClient(ClientWay(.connect, .proto, .http1).configuration(address)) { client in
                let error = await withTaskGroup(of: RPCError?.self) { group in
                    group.cancelAll()
                    group.addTask { await failure { try await client.unary(EchoService.echo, Request()) } }
                    return await group.next() ?? nil
                }
                #expect(error?.code == .canceled)
                #expect(server.requestCount == 0)
            }
        }
    }

    @Test(arguments: [RPCClientConfiguration.HTTPVersion.http1, .http2])
    func aShutdownEndsCallsAndRefusesLaterOnes(_ version: RPCClientConfiguration.HTTPVersion) async throws {
        try await ScriptedServer.run(version, script: Self.silent) { server, address in
            try await withClient(ClientWay(.connect, .proto, version).configuration(address)) { client in
                try await withThrowingTaskGroup(of: RPCError?.self) { group in
                    group.addTask { await failure { try await client.unary(EchoService.echo, Request()) } }
                    try await eventually { server.requestCount == 1 }
                    await client.shutdown()
                    #expect(try await group.next()??.code == .unavailable)
                }
                let later = await failure { try await client.unary(EchoService.echo, Request()) }
                #expect(later?.code == .unavailable)
                #expect(server.requestCount == 1)
            }
        }
    }

    @Test func theTokenIsAskedForBeforeEachAttempt() async throws {
        let seen = Mutex<[String?]>([])
        let script: ScriptedServer.Script = { request in
            seen.withLock { $0.append(request.head.headers.first(name: "authorization")) }
            request.answer.send(request.number == 1 ? .serviceUnavailable : .ok, ["content-type": "application/proto"])
        }
        let asked = Mutex(0)
        try await ScriptedServer.run(.http1, script: script) { _, address in
            var configuration = ClientWay(.connect, .proto, .http1).configuration(address)
            configuration.retry.firstBackoff = .milliseconds(1)
            configuration.bearerToken = {
                asked.withLock { asked in
                    asked += 1
                    return "t\(asked)"
                }
            }
            try await withClient(configuration) { client in
                let method = RPCMethod<Request, Connect_Test_V1_EchoResponse>(
                    service: "s", name: "M", idempotency: .idempotent)
                _ = try await client.unary(method, Request())
            }
        }
        #expect(seen.withLock { $0 } == ["Bearer t1", "Bearer t2"])
    }

    @Test(arguments: ["grpc-timeout", "Content-Type", "connect-protocol-version", "a b", "x"])
    func headersThatCannotBeSetAreRefused(name: String) async throws {
        try await withClient(ClientWay(.connect, .proto, .http1).configuration("127.0.0.1:1")) { client in
            let value = name == "x" ? "line\nbreak" : "v"
            let error = await failure {
                try await client.unary(EchoService.echo, Request(), headers: RPCMetadata([(name, value)]))
            }
            #expect(error?.code == .invalidArgument)
            #expect(error?.message.contains("'\(name.lowercased())'") == true)
        }
    }

    @Test func aWrongConfigurationIsRefusedAtOnce() async throws {
        let wrong = [
            RPCClientConfiguration(baseURLs: []), RPCClientConfiguration(baseURLs: ["nonsense"]),
            RPCClientConfiguration(baseURLs: ["http://x"], protocol: .grpc, httpVersion: .http1),
        ]
        for configuration in wrong {
            let error = await failure { try await withClient(configuration) { _ in } }
            #expect(error?.code == .invalidArgument)
        }
        var missing = RPCClientConfiguration(baseURLs: ["https://x"])
        missing.tls.certificateFile = "/no/such/file.pem"
        let error = await failure { try await withClient(missing) { _ in } }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("/no/such/file.pem") == true)
    }
}
