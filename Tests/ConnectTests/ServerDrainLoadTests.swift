// SPDX-License-Identifier: MIT
import Connect
import ConnectClient
import ConnectServer
import Locks
import Logging
import NavarchTestSupport
import Testing

import struct Synchronization.Atomic

@Suite("Drain under load")
struct ServerDrainLoadTests {
    /// Two servers behind one client; the first leaves while sixteen tasks call without a pause. Every call may be tried
    /// once more, and none may fail.
    @Test(arguments: [RPCClientConfiguration.HTTPVersion.http1, .http2])
    func noCallFailsAfterOneRetryWhileAServerLeaves(_ version: RPCClientConfiguration.HTTPVersion) async throws {
        let record = LoadRecord()
        try await withServer { _, staying in
            try await withGracefulServer { leaving, shutDown in
                var configuration = RPCClientConfiguration(
                    baseURLs: ["http://\(leaving)", "http://\(staying)"], httpVersion: version)
                configuration.retry.budgetCapacity = 1_000
                let client = try RPCClient(configuration, logger: Logger(label: "drain-load"))
                await withTaskGroup { group in
                    for worker in 0..<16 { group.addTask { await record.load(client, worker) } }
                    // Before, during and after the leaving there are calls.
                    await record.reached(200)
                    shutDown()
                    await record.reached(record.done + 1_000)
                    record.stop()
                }
                await client.shutdown()
            }
        }
        #expect(record.failures.isEmpty)
        #expect(record.done >= 1_200)
    }
}

/// What the callers of a load test did.
private final class LoadRecord: Sendable {
    private let failed = Mutex<[String]>([])
    private let count = Atomic<Int>(0)
    private let isOver = Atomic(false)

    var failures: [String] { failed.withLock { $0 } }
    var done: Int { count.load(ordering: .relaxed) }

    func stop() { isOver.store(true, ordering: .relaxed) }

    func reached(_ target: Int) async {
        do {
            try await eventually(within: .seconds(60)) { self.done >= target }
        } catch {
            failed.withLock { $0.append("\(error)") }
        }
    }

    func load(_ client: RPCClient, _ worker: Int) async {
        let request = Connect_Test_V1_EchoRequest.with { $0.number = Int64(worker) }
        while !isOver.load(ordering: .relaxed) {
            if let failure = await callTwice(client, request) { failed.withLock { $0.append(failure) } }
            count.add(1, ordering: .relaxed)
        }
    }

    /// Why both attempts failed; nil when one did not.
    private func callTwice(_ client: RPCClient, _ request: Connect_Test_V1_EchoRequest) async -> String? {
        var last: RPCError?
        for _ in 0..<2 {
            do {
                let response = try await client.unary(EchoService.echo, request)
                return response.number == request.number ? nil : "a wrong answer"
            } catch {
                last = error
            }
        }
        return last.map { "\($0)" }
    }
}
