// SPDX-License-Identifier: MIT
import Synchronization

/// Asks a run to end between two statements; set from a signal's handler, read by the run.
public final class StopSignal: Sendable {
    private let isSet = Atomic(false)

    /// Not yet asked.
    public init() {}

    /// Asks.
    public func set() { isSet.store(true, ordering: .relaxed) }

    /// - Throws: `.interrupted` once asked.
    func check() throws(MigrationError) {
        guard isSet.load(ordering: .relaxed) else { return }
        throw MigrationError(
            .interrupted, "a signal ended the run between two statements",
            hint: "what was done stays done; run `migrate up` again to go on")
    }
}
