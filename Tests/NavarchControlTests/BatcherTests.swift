// SPDX-License-Identifier: MIT
import Locks
import NavarchControl
import NavarchTestSupport
import ServiceLifecycle
import Testing

@Test func anElementTooManyIsTurnedAway() {  // C7
    let batcher = Batcher<Int>(capacity: 2, maxBatch: 10, lanes: 1) { _ in }
    #expect(batcher.add(1) == .taken)
    #expect(batcher.add(2) == .taken)
    #expect(batcher.add(3) == .full)
    #expect(batcher.waiting == 2)
}

@Test(arguments: 1...4)
func noElementIsLostOrDoubledUnderLoad(lanes: Int) async throws {
    let seen = Mutex<[Int: Int]>([:])
    let underWay = Mutex((now: 0, most: 0))
    let batcher = Batcher<Int>(capacity: 100_000, maxBatch: 37, lanes: lanes) { batch in
        underWay.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
        await Task.yield()
        seen.withLock { seen in for element in batch { seen[element, default: 0] += 1 } }
        underWay.withLock { $0.now -= 1 }
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await batcher.run() }
        await withTaskGroup(of: Void.self) { writers in
            for writer in 0..<8 {
                writers.addTask { for index in 0..<2_000 { #expect(batcher.add(writer * 2_000 + index) == .taken) } }
            }
        }
        try await eventually { seen.withLock { $0.count } == 16_000 }
        group.cancelAll()
    }
    #expect(seen.withLock { $0.values.allSatisfy { $0 == 1 } })
    #expect(underWay.withLock { $0.most } <= lanes)
}

@Test func whatWasTakenIsHandledBeforeShutdownEnds() async throws {
    let handled = Mutex<[Int]>([])
    let batcher = Batcher<Int>(capacity: 100, maxBatch: 3, lanes: 1) { batch in handled.withLock { $0 += batch } }
    for element in 0..<10 { _ = batcher.add(element) }
    try await testGracefulShutdown { shutdown in
        shutdown()
        try await batcher.run()
    }
    #expect(handled.withLock { $0.sorted() } == Array(0..<10))
    #expect(batcher.add(11) == .closed)
}

/// Runs `body` as a service group would, with a way to begin its graceful shutdown.
private func testGracefulShutdown(_ body: @escaping @Sendable (@Sendable () -> Void) async throws -> Void) async throws
{
    struct Body: Service {
        let body: @Sendable () async throws -> Void
        func run() async throws { try await body() }
    }
    let begin = Mutex<(@Sendable () -> Void)?>(nil)
    let service = Body { try await body { begin.withLock { $0 }?() } }
    let group = ServiceGroup(
        configuration: .init(
            services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
            logger: .init(label: "test")))
    let trigger = AsyncStream<Void>.makeStream()
    begin.withLock { $0 = { trigger.continuation.yield() } }
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        tasks.addTask {
            for await _ in trigger.stream { await group.triggerGracefulShutdown() }
        }
        try await tasks.next()
        tasks.cancelAll()
    }
}
