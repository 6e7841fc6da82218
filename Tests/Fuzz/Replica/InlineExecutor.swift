// SPDX-License-Identifier: MIT
import Locks

/// Runs tasks on the thread that asks, and only then: the same input takes the same way every time, which is what lets a fuzzer learn.
final class InlineExecutor: TaskExecutor {
    private let waiting = Mutex<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        waiting.withLock { $0.append(job) }
    }

    /// Runs what waits, and what that makes wait. False when nothing did.
    func runUntilIdle() -> Bool {
        var hasRun = false
        while let jobs = take() {
            hasRun = true
            for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
        return hasRun
    }

    private func take() -> [UnownedJob]? {
        waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting.isEmpty ? nil : waiting
        }
    }
}
