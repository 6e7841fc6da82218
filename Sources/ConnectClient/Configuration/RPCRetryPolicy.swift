// SPDX-License-Identifier: MIT

import Connect

/// When a call is tried again.
public struct RPCRetryPolicy: Sendable {
    /// The most attempts of one call; 1 switches every retry off. What never reached a server may go once to each of
    /// several base URLs even past this.
    public var maxAttempts = 3
    /// The codes of answers after which an idempotent call is tried again.
    public var codes: Set<RPCCode> = [.unavailable]
    /// The wait before the first retry, halved at random; it doubles with each.
    public var firstBackoff: Duration = .milliseconds(50)
    /// The longest wait between two attempts.
    public var longestBackoff: Duration = .seconds(2)
    /// How many retries each call adds to the budget of the client: 0.2 lets a server in trouble see a fifth more.
    public var budgetRatio = 0.2
    /// The most retries that the budget can save up.
    public var budgetCapacity = 20.0

    /// The policy with its defaults.
    public init() {}

    /// No retries at all.
    public static let never: RPCRetryPolicy = {
        var policy = RPCRetryPolicy()
        policy.maxAttempts = 1
        return policy
    }()
}

/// When a base URL is left alone.
public struct RPCEjectionPolicy: Sendable {
    /// How long after its first failure. It doubles with each in a row, and up to half of it is cut off at random.
    public var firstEjection: Duration = .seconds(1)
    /// The longest that a base URL is left alone.
    public var longestEjection: Duration = .seconds(30)
    /// After how many answers of `unavailable` in a row. A broken connection counts at once.
    public var refusalsInARow = 3

    /// The policy with its defaults.
    public init() {}
}
