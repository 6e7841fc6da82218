// SPDX-License-Identifier: MIT
import Locks

import struct Synchronization.Atomic

/// Tells handlers that their server is about to go: long calls should end and send their clients elsewhere.
public struct DrainSignal: Sendable {
    let signal: OneShotSignal

    /// True from the moment that the drain began.
    public var isDraining: Bool { signal.isFired }

    /// Waits until the drain begins, or until the task is cancelled.
    public func started() async { await signal.wait() }
}

/// Something that happens once, and that any number of tasks may wait for.
final class OneShotSignal: Sendable {
    private struct State {
        var nextWaiter = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    }
    private let state = Mutex(State())
    /// Set under the lock; read without it, since every call asks.
    private let fired = Atomic(false)

    var isFired: Bool { fired.load(ordering: .acquiring) }

    /// Makes it happen. Returns false when it had happened already.
    @discardableResult func fire() -> Bool {
        let waiters: [CheckedContinuation<Void, Never>]? = state.withLock { state in
            if isFired { return nil }
            fired.store(true, ordering: .releasing)
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters ?? [] { waiter.resume() }
        return waiters != nil
    }

    /// Waits until it happens, or until the task is cancelled.
    func wait() async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if isFired || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
