// SPDX-License-Identifier: MIT
import Locks

/// Lets the event loop cancel the task of a call, although the server's task group is that task's parent.
///
/// A child task of its own beside each handler, waiting for the signal, would do the same for twice the memory.
final class CallTask: Sendable {
    /// `UnsafeCurrentTask` is not Sendable because it must not outlive its task and because most of it is for the task
    /// itself; `cancel()` is documented to be safe from others, and `run` takes the reference back before it ends.
    private struct Running: @unchecked Sendable {
        var task: UnsafeCurrentTask?
        var isCancelled = false
    }
    private let running = Mutex(Running())

    /// Runs the body so that `cancel()` reaches it.
    func run(_ body: @Sendable () async throws -> Void) async throws {
        try await withUnsafeCurrentTask { task in
            let isCancelled = running.withLock { running in
                running.task = task
                return running.isCancelled
            }
            defer { running.withLock { $0.task = nil } }
            if isCancelled { throw CancellationError() }
            try await body()
        }
    }

    /// Cancels the body, or keeps it from starting.
    func cancel() {
        running.withLock { running in
            running.isCancelled = true
            running.task?.cancel()
        }
    }
}

/// Hands work from event loops to the server's task group, which is the parent of all of it.
struct CallJobs: Sendable {
    typealias Job = @Sendable () async -> Void

    let stream: AsyncStream<Job>
    private let continuation: AsyncStream<Job>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(of: Job.self) }

    /// False when the server takes no more work.
    func submit(_ job: @escaping Job) -> Bool {
        switch continuation.yield(job) {
        case .enqueued: true
        case .dropped, .terminated: false
        @unknown default: false
        }
    }

    func finish() { continuation.finish() }
}
