// SPDX-License-Identifier: MIT
import CLibpq
import Glibc
import Locks

/// What other threads ask of the reactor's.
enum Message: Sendable {
    case submit(Unit)
    case cancel(Unit)
    /// A transaction is over; its connection goes back, or is closed where it cannot.
    case release(Hold)
    case connected(slot: Int, Result<Established, PostgresError>)
    /// No new work; end when what is on its way is done, or the time is up.
    case shutDown
}

/// Messages to the reactor: appended under a lock, with one wake-up for as many as come before it looks.
final class Mailbox: Sendable {
    private struct State {
        var messages: [Message] = []
        var wakePending = false
        var isClosed = false
    }

    let wakeDescriptor: Int32
    private let state = Mutex(State())

    init() {
        wakeDescriptor = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        precondition(wakeDescriptor >= 0, "the system gives no eventfd: \(errno)")
    }

    deinit { _ = Glibc.close(wakeDescriptor) }

    /// Leaves a message; false when nobody will read it any more.
    func post(_ message: Message) -> Bool {
        let (taken, wake) = state.withLock { state in
            if state.isClosed { return (false, false) }
            state.messages.append(message)
            defer { state.wakePending = true }
            return (true, !state.wakePending)
        }
        if wake {
            var one: UInt64 = 1
            // It can only fail when the counter is full, and then the reactor is awake.
            _ = write(wakeDescriptor, &one, 8)
        }
        return taken
    }

    /// Takes all messages into `messages`, which is empty.
    func take(into messages: inout [Message]) {
        state.withLock { state in
            swap(&state.messages, &messages)
            state.wakePending = false
        }
    }

    /// Takes what is left; `post` answers false from now on.
    func close() -> [Message] {
        state.withLock { state in
            state.isClosed = true
            defer { state.messages = [] }
            return state.messages
        }
    }

    /// Swallows the wake-up.
    func clearWake() {
        var count: UInt64 = 0
        _ = read(wakeDescriptor, &count, 8)
    }
}
