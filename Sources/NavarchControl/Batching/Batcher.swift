// SPDX-License-Identifier: MIT
import DequeModule
import Locks
import ServiceLifecycle

/// Collects elements that arrive one by one and handles them in batches: while a batch is on its way the next one gathers, so batches grow
/// with the load and an idle system adds no delay.
public final class Batcher<Element: Sendable>: Service {
    private struct State {
        var pending = Deque<Element>()
        var batchesUnderWay = 0
        var isClosed = false
    }

    private let capacity: Int
    private let maxBatch: Int
    private let lanes: Int
    private let crowd: Int
    private let handle: @Sendable ([Element]) async -> Void
    private let state = Mutex(State())
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    /// A batcher that has not started.
    /// - Parameters:
    ///   - capacity: elements that may wait; one more is turned away (C7).
    ///   - maxBatch: elements of one batch at most.
    ///   - lanes: batches under way at once at most.
    ///   - crowd: elements that have to wait before a batch starts beside one that is under way. One batch at a time is the cheapest, as
    ///     batches are largest then; a crowd shows that one is not enough, or stuck.
    ///   - handle: must answer every element of its batch; it is called to the end, cancellation or not.
    public init(
        capacity: Int, maxBatch: Int, lanes: Int, crowd: Int = 128,
        handle: @escaping @Sendable ([Element]) async -> Void
    ) {
        self.capacity = capacity
        self.maxBatch = maxBatch
        self.lanes = lanes
        self.crowd = crowd
        self.handle = handle
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// How an element was taken.
    public enum Admission: Sendable { case taken, full, closed }

    /// Hands an element over, from any thread; O(1).
    public func add(_ element: Element) -> Admission {
        let (admission, mayStart) = state.withLock { state -> (Admission, Bool) in
            if state.isClosed { return (.closed, false) }
            if state.pending.count >= capacity { return (.full, false) }
            state.pending.append(element)
            // The end of a batch looks again, so only what changes the answer is told.
            let isFirst = state.pending.count == 1 && state.batchesUnderWay == 0
            return (.taken, isFirst || state.pending.count == crowd)
        }
        if mayStart { signal.yield() }
        return admission
    }

    /// Elements that wait.
    public var waiting: Int { state.withLock { $0.pending.count } }

    /// Handles batches until shutdown; what was taken is handled before it returns.
    public func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for await _ in signals { startBatches(in: &group) }
                close()
                while let batch = takeBatch(limited: false) { await handle(batch) }
            }
        } onGracefulShutdown: {
            self.signal.finish()
        }
    }

    private func startBatches(in group: inout DiscardingTaskGroup) {
        while let batch = takeBatch(limited: true) {
            group.addTask {
                await self.handle(batch)
                self.state.withLock { $0.batchesUnderWay -= 1 }
                self.signal.yield()
            }
        }
    }

    private func takeBatch(limited: Bool) -> [Element]? {
        state.withLock { state in
            guard !state.pending.isEmpty, !limited || mayStart(state) else { return nil }
            let count = min(maxBatch, state.pending.count)
            let batch = Array(state.pending.prefix(count))
            state.pending.removeFirst(count)
            if limited { state.batchesUnderWay += 1 }
            return batch
        }
    }

    private func mayStart(_ state: State) -> Bool {
        state.batchesUnderWay == 0 || state.batchesUnderWay < lanes && state.pending.count >= crowd
    }

    private func close() { state.withLock { $0.isClosed = true } }
}
