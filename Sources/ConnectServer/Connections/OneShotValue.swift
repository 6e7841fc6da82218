// SPDX-License-Identifier: MIT
import Locks

/// A value that comes once, and that any number of tasks may wait for.
final class OneShotValue<Value: Sendable>: Sendable {
    private let signal = OneShotSignal()
    private let stored = Mutex<Value?>(nil)

    /// Sets the value; only the first counts.
    func set(_ value: Value) {
        stored.withLock { if $0 == nil { $0 = value } }
        signal.fire()
    }

    /// The value, once there is one.
    func value() async throws -> Value {
        await signal.wait()
        guard let value = stored.withLock({ $0 }) else { throw CancellationError() }
        return value
    }
}
