// SPDX-License-Identifier: MIT
import Synchronization

/// A number that many tasks count on.
final class Tally: Sendable {
    private let count = Atomic(0)

    /// The number now.
    var value: Int { count.load(ordering: .relaxed) }

    func add(_ more: Int) { count.add(more, ordering: .relaxed) }
}
