// SPDX-License-Identifier: MIT

/// A coalescing wake-up for one waiter: fired any number of times between two looks, it is seen once. Never lost: a fire before the wait ends
/// the wait at once.
public struct Signal: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    /// A signal that has not been fired.
    public init() {
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Wakes the waiter, from any thread.
    public func fire() { continuation.yield() }

    /// Ends every wait, now and later.
    public func finish() { continuation.finish() }

    /// Waits for the next fire. False when the signal is finished or the task is cancelled.
    public func wait() async -> Bool {
        var iterator = stream.makeAsyncIterator()
        return await iterator.next() != nil
    }
}
