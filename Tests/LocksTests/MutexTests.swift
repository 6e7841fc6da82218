// SPDX-License-Identifier: MIT
import Foundation
import Locks
import Testing

/// A count that several threads raise.
private final class Count: @unchecked Sendable {  // `bare` is what `raceIsReported` is about; nothing else touches it
    let guarded = Mutex(0)
    var bare = 0
}

/// Calls `body` on four threads of their own, 10,000 times on each. A pool's threads would not do: on a busy machine one of them does it all, and
/// nothing races.
private func onFourThreads(_ body: @escaping @Sendable () -> Void) {
    let ended = DispatchSemaphore(value: 0)
    for _ in 0..<4 {
        let thread = Thread {
            for _ in 0..<10_000 { body() }
            ended.signal()
        }
        thread.start()
    }
    for _ in 0..<4 { ended.wait() }
}

@Test func whatALockGuardsIsNeverSeenByTwo() {
    let count = Count()
    onFourThreads { count.guarded.withLock { $0 += 1 } }
    #expect(count.guarded.withLock { $0 } == 40_000)
}

@Test func aThrownErrorOpensTheLock() {
    let count = Count()
    #expect(throws: CancellationError.self) {
        try count.guarded.withLock { value in
            value = 1
            throw CancellationError()
        }
    }
    #expect(count.guarded.withLock { $0 } == 1)
}

@Test func theValueGoesWithTheLock() {
    final class Gone: Sendable {
        let told: Count
        init(_ told: Count) { self.told = told }
        deinit { told.guarded.withLock { $0 += 1 } }
    }
    let count = Count()
    do {
        let lock = Mutex<Gone?>(Gone(count))
        #expect(lock.withLock { $0 != nil })
    }
    #expect(count.guarded.withLock { $0 } == 1)
}

/// Not a test of ours but of the instrument: `make sanitize` runs it first and stops when the sanitizer says nothing.
@Test(.enabled(if: ProcessInfo.processInfo.environment["SANITIZER_MUST_REPORT"] != nil))
func raceIsReported() {
    let count = Count()
    onFourThreads { count.bare += 1 }
    #expect(count.bare > 0)
}
