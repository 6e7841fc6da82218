// SPDX-License-Identifier: MIT
import Locks

/// A clock that stands still until a test moves it.
///
/// Sleepers wake when `advance` passes their deadline, in the order of their deadlines.
public final class ManualClock: Clock, Sendable {
    /// A point on this clock: the time since the clock was made.
    public struct Instant: InstantProtocol, Sendable {
        /// Time since the clock was made.
        public let sinceStart: Swift.Duration

        /// The instant at `sinceStart`.
        public init(sinceStart: Swift.Duration) { self.sinceStart = sinceStart }

        /// This instant moved by `duration`.
        public func advanced(by duration: Swift.Duration) -> Instant { Instant(sinceStart: sinceStart + duration) }

        /// The time from here to `other`.
        public func duration(to other: Instant) -> Swift.Duration { other.sinceStart - sinceStart }

        /// Earlier instants sort first.
        public static func < (left: Instant, right: Instant) -> Bool { left.sinceStart < right.sinceStart }
    }

    private struct Sleeper {
        let deadline: Instant
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = Instant(sinceStart: .zero)
        var nextID = 0
        var sleepers: [Int: Sleeper] = [:]
        /// Sleepers cancelled before they fell asleep.
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    /// A clock at zero.
    public init() {}

    /// What the clock shows.
    public var now: Instant { state.withLock { $0.now } }

    /// The finest step of this clock.
    public var minimumResolution: Swift.Duration { .nanoseconds(1) }

    /// How many tasks sleep on this clock; a test waits for them with `eventually` before it moves the clock.
    public var sleepers: Int { state.withLock { $0.sleepers.count } }

    /// Sleeps until a test moved the clock to `deadline` or past it.
    /// - Throws: `CancellationError` when the task is cancelled.
    public func sleep(until deadline: Instant, tolerance: Swift.Duration? = nil) async throws {
        try Task.checkCancellation()
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let verdict: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
                    if deadline <= state.now { return .success(()) }
                    state.sleepers[id] = Sleeper(deadline: deadline, continuation: continuation)
                    return nil
                }
                if let verdict { continuation.resume(with: verdict) }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                let sleeper = state.sleepers.removeValue(forKey: id)
                if sleeper == nil { state.cancelled.insert(id) }
                return sleeper
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Moves the clock forward and wakes whom that concerns; O(n log n) in the sleepers.
    public func advance(by duration: Swift.Duration) {
        precondition(duration >= .zero, "a clock does not go back: \(duration)")
        let due = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.sorted { $0.deadline < $1.deadline }
        }
        for sleeper in due { sleeper.continuation.resume() }
    }
}
