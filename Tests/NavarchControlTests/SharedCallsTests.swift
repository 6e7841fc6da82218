// SPDX-License-Identifier: MIT
import Locks
import NavarchStore
import NavarchTestSupport
import ServiceLifecycle
import Testing

@testable import NavarchControl

@Suite struct SharedCallsTests {
    /// Runs `shared` for the time of `body`.
    private func running(
        _ shared: SharedCalls<Int, Int>, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await shared.run() }
            try await body()
            group.cancelAll()
        }
    }

    /// Every request's answer, by request: a number, or the code of its error.
    private func answers(of requests: [Int], from shared: SharedCalls<Int, Int>) async -> [Int: String] {
        await withTaskGroup(of: (Int, String).self) { group in
            for request in requests {
                group.addTask {
                    do throws(StoreError) {
                        return (request, "\(try await shared.answer(to: request))")
                    } catch {
                        return (request, "\(error.code)")
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    @Test func everyCallerGetsItsOwnAnswerAndCallsShareTransactions() async throws {
        let sizes = Mutex<[Int]>([])
        let afterwards = Mutex(0)
        let shared = SharedCalls<Int, Int>("count", maxBatch: 16, lanes: 1) { requests throws(StoreError) in
            sizes.withLock { $0.append(requests.count) }
            await Task.yield()
            return requests.map {
                $0.isMultiple(of: 7) ? .failure(StoreError(.stale, operation: "count")) : .success($0 * 2)
            }
        } afterwards: { requests in
            afterwards.withLock { $0 += requests.count }
        }
        try await running(shared) {
            let all = await self.answers(of: Array(1...500), from: shared)
            #expect(
                all == Dictionary(uniqueKeysWithValues: (1...500).map { ($0, $0 % 7 == 0 ? "stale" : "\($0 * 2)") }))
            try await eventually { afterwards.withLock { $0 } == 500 }
        }
        #expect(sizes.withLock { $0.reduce(0, +) } == 500)
        #expect(sizes.withLock { $0.allSatisfy { $0 <= 16 } && $0.count < 500 })
    }

    @Test(arguments: 0..<20)
    func aRequestThatCannotBeStoredHurtsNoNeighbour(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let bad = Set(
            (0..<Int.random(in: 1...5, using: &generator)).map { _ in Int.random(in: 0..<64, using: &generator) })
        let stored = Mutex<Set<Int>>([])
        let shared = SharedCalls<Int, Int>("store", maxBatch: 64, lanes: 1) { requests throws(StoreError) in
            // As a database does it: all or nothing.
            if requests.contains(where: bad.contains) { throw StoreError(.refused, operation: "store") }
            stored.withLock { stored in
                for request in requests { #expect(stored.insert(request).inserted, "seed \(seed): stored twice") }
            }
            return requests.map { .success($0) }
        } afterwards: { _ in
        }
        try await running(shared) {
            for (request, answer) in await self.answers(of: Array(0..<64), from: shared) {
                #expect(answer == (bad.contains(request) ? "refused" : "\(request)"), "seed \(seed)")
            }
        }
        #expect(stored.withLock { $0 } == Set(0..<64).subtracting(bad), "seed \(seed)")
    }

    @Test(arguments: [StoreError.Code.overloaded, .unavailable, .outcomeUnknown])
    func aDatabaseInTroubleIsAskedOnceForABatch(code: StoreError.Code) async throws {
        let asked = Mutex<[Int]>([])
        let shared = SharedCalls<Int, Int>("store", maxBatch: 64, lanes: 1) { requests throws(StoreError) in
            asked.withLock { $0 += requests }
            throw StoreError(code, operation: "store")
        } afterwards: { _ in
        }
        try await running(shared) {
            let answers = await self.answers(of: Array(0..<64), from: shared)
            #expect(answers.values.allSatisfy { $0 == "\(code)" })
        }
        #expect(asked.withLock { $0.sorted() } == Array(0..<64))
    }
}
