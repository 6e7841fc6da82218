// SPDX-License-Identifier: MIT

/// How many retries the calls of one client may still make. Calls fill it a little, retries empty it, so that a server in
/// trouble sees at most a fraction more than it would without retries. Pure.
struct RetryBudget: Sendable, Equatable {
    /// The most that can be saved up.
    let capacity: Double
    /// What each call adds.
    let ratio: Double
    private(set) var tokens: Double

    /// A full budget.
    init(capacity: Double, ratio: Double) {
        self.capacity = max(0, capacity)
        self.ratio = max(0, ratio)
        tokens = self.capacity
    }

    /// A call begins.
    mutating func deposit() { tokens = min(capacity, tokens + ratio) }

    /// Takes one retry out; false when there is none left.
    mutating func withdraw() -> Bool {
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
