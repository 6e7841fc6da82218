// SPDX-License-Identifier: MIT
import Connect
import Locks
import NIOCore

/// The messages of one stream between its writers and its event loop.
///
/// Writers append under a lock and go on; the loop takes all there is in one piece. A writer waits only while more than
/// `highWater` bytes wait for a client that does not read.
final class StreamOutbox: Sendable {
    /// Half of it is about what one flush to a socket takes.
    static let highWater = 64 << 10

    fileprivate struct State {
        var pending = ByteBuffer()
        var messages = 0
        var isScheduled = false
        var isWritable = true
        var closed: RPCError?
        var nextWaiter = 0
        var waiters: [Int: CheckedContinuation<Void, any Error>] = [:]
    }

    /// How a message is wrapped on its way out.
    struct Wrapping: Sendable {
        /// Compress payloads of at least so many bytes; nil for none.
        var gzipThreshold: Int?
    }

    private let state = Mutex(State())
    private let wrapping: Wrapping
    private let eventLoop: any EventLoop
    /// Runs on the loop when there is something to take.
    private let flush: @Sendable () -> Void

    init(eventLoop: any EventLoop, wrapping: Wrapping, flush: @escaping @Sendable () -> Void) {
        self.eventLoop = eventLoop
        self.wrapping = wrapping
        self.flush = flush
    }

    /// Puts a message in. True when the writer must wait for room, or learn that the stream is over.
    func append(_ message: [UInt8]) -> Bool {
        var payload = message
        var flags: EnvelopePrefix.Flags = []
        if let threshold = wrapping.gzipThreshold, message.count >= threshold {
            payload = Gzip.compress(message, level: 1)
            flags = .compressed
        }
        let (mustSchedule, mustWait) = state.withLock { state in
            if state.closed != nil { return (false, true) }
            state.pending.writeInteger(flags.rawValue)
            state.pending.writeInteger(UInt32(payload.count))
            state.pending.writeBytes(payload)
            state.messages += 1
            return (state.mustSchedule(), state.pending.readableBytes > Self.highWater)
        }
        if mustSchedule { eventLoop.execute(flush) }
        return mustWait
    }

    /// Asks the loop to send the headers.
    func requestHeaders() throws {
        let mustSchedule = try state.withLock { state in
            if let error = state.closed { throw error }
            return state.mustSchedule()
        }
        if mustSchedule { eventLoop.execute(flush) }
    }

    /// Waits until the loop has taken what is pending.
    func waitForRoom() async throws {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<Void, any Error>? = state.withLock { state in
                    if let error = state.closed { return .failure(error) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.pending.readableBytes <= Self.highWater { return .success(()) }
                    state.waiters[id] = continuation
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }

    /// What the loop takes at a flush: bytes, how many messages they are, and whether headers must go.
    func take() -> (bytes: ByteBuffer, messages: Int)? {
        var waiters: [Int: CheckedContinuation<Void, any Error>] = [:]
        let taken: (bytes: ByteBuffer, messages: Int)? = state.withLock { state in
            state.isScheduled = false
            guard state.isWritable else { return nil }
            waiters = state.takeWaiters()
            return state.takeAll()
        }
        for waiter in waiters.values { waiter.resume() }
        return taken
    }

    /// Takes the rest when the stream ends, whether the client reads or not.
    func takeRest() -> (bytes: ByteBuffer, messages: Int) { state.withLock { $0.takeAll() } }

    /// The loop says whether the client keeps up.
    func setWritable(_ isWritable: Bool) { state.withLock { $0.isWritable = isWritable } }

    /// Ends all waiting, now and later, with `error`.
    func close(_ error: RPCError) {
        let waiters = state.withLock { state in
            if state.closed == nil { state.closed = error }
            state.pending = ByteBuffer()
            return state.takeWaiters()
        }
        for waiter in waiters.values { waiter.resume(throwing: error) }
    }
}

extension StreamOutbox.State {
    fileprivate mutating func mustSchedule() -> Bool {
        guard !isScheduled, isWritable else { return false }
        isScheduled = true
        return true
    }

    /// Leaves an empty buffer without storage behind: most streams are idle most of the time.
    fileprivate mutating func takeAll() -> (bytes: ByteBuffer, messages: Int) {
        let taken = (pending, messages)
        pending = ByteBuffer()
        messages = 0
        return taken
    }

    fileprivate mutating func takeWaiters() -> [Int: CheckedContinuation<Void, any Error>] {
        let taken = waiters
        waiters = [:]
        return taken
    }
}
