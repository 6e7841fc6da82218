// SPDX-License-Identifier: MIT

import Connect
import ConnectServer
import Locks
import Logging
import NavarchTestSupport
import Testing

@testable import ConnectClient

/// Calls that go on while servers come and go.
@Suite(.serialized) struct ClientDrainTests {
    private typealias Method = RPCMethod<Connect_Test_V1_EchoRequest, Connect_Test_V1_EchoResponse>

    /// What the callers saw.
    private final class Tally: Sendable {
        private let state = Mutex((calls: 0, failures: [RPCError]()))
        var calls: Int { state.withLock(\.calls) }
        var failures: [RPCError] { state.withLock(\.failures) }
        func count() { state.withLock { $0.calls += 1 } }
        func fail(_ error: RPCError) { state.withLock { $0.failures.append(error) } }
    }

    /// Runs a server until `stop` ends.
    private static func serve(_ server: ConnectServer, until stop: AsyncStream<Void>) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            for await _ in stop {}
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private static func call(_ client: RPCClient, _ method: Method, _ tally: Tally) async {
        var request = Connect_Test_V1_EchoRequest()
        request.delayMilliseconds = 1
        while !Task.isCancelled {
            do throws(RPCError) {
                _ = try await client.unary(method, request)
                tally.count()
            } catch {
                // One failure is one too many already; going on could starve the test of threads.
                if error.code != .canceled { tally.fail(error) }
                return
            }
        }
    }

    /// The method may be repeated: a call and the end of its connection can cross.
    @Test(arguments: [
        ClientWay(.connect, .proto, .http1), ClientWay(.connect, .json, .http2), ClientWay(.grpc, .proto, .http2),
        ClientWay(.grpcWeb, .proto, .http1),
    ])
    func noCallFailsWhileAServerLeaves(_ way: ClientWay) async throws {
        let method = Method(service: EchoService.name, name: "Echo", idempotency: .idempotent)
        var logger = Logger(label: "connect-test")
        logger.logLevel = .critical
        let leaving = ConnectServer(.test, router: EchoService.router(), logger: logger)
        let (stop, stopper) = AsyncStream<Void>.makeStream()
        let tally = Tally()
        try await withServer { staying, stayingAddress in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await Self.serve(leaving, until: stop) }
                let leavingAddress = try await leaving.boundAddress
                try await withClient(way.configuration("\(leavingAddress)", "\(stayingAddress)")) { client in
                    for _ in 0..<8 { group.addTask { await Self.call(client, method, tally) } }
                    try await eventually { tally.calls > 50 }
                    #expect(leaving.connectionCount > 0)
                    #expect(staying.connectionCount == 0)
                    leaving.beginDrain()
                    let atDrain = tally.calls
                    try await eventually { tally.calls > atDrain + 50 }
                    stopper.finish()
                    try await eventually { leaving.connectionCount == 0 }
                    let atEnd = tally.calls
                    try await eventually { tally.calls > atEnd + 50 && staying.connectionCount > 0 }
                    group.cancelAll()
                    try await group.waitForAll()
                }
            }
        }
        #expect(tally.failures.isEmpty, "\(tally.failures.prefix(3))")
    }

    @Test func aServerThatComesBackIsUsedAgain() async throws {
        try await withServer { _, address in
            let gone = try await withServer { _, address in address }
            var configuration = ClientWay(.connect, .proto, .http1).configuration("\(gone)", "\(address)")
            configuration.ejection.firstEjection = .milliseconds(50)
            configuration.ejection.longestEjection = .milliseconds(50)
            try await withClient(configuration) { client in
                _ = try await client.unary(EchoService.echo, Connect_Test_V1_EchoRequest())
                var again = ConnectServerConfiguration.test
                again.port = gone.port
                try await withServer(again) { back, _ in
                    try await eventually {
                        _ = try await client.unary(EchoService.echo, Connect_Test_V1_EchoRequest())
                        return back.connectionCount > 0
                    }
                }
            }
        }
    }
}
