// SPDX-License-Identifier: MIT

import NIOCore

/// Which endpoint the next call goes to, and which are left alone for a while. Pure: time and chance are arguments.
struct EndpointRotation: Sendable {
    /// How an endpoint let a call down.
    enum Fault: Sendable {
        /// No connection, or one that broke: the endpoint is left alone at once.
        case connection
        /// An answer that says "not now": the endpoint is left alone after several in a row.
        case refusal
    }

    private struct Entry: Sendable {
        /// Ejections in a row, which make the next one longer.
        var ejections = 0
        /// Refusals in a row.
        var refusals = 0
        /// Until when only a call without another choice goes there.
        var ejectedUntil: NIODeadline?
    }

    private let policy: RPCEjectionPolicy
    private let takesTurns: Bool
    private var entries: [Entry]
    private var turn = 0

    /// A rotation over `count` endpoints, all well. With `takesTurns` every call starts at the next one; without, every
    /// call prefers the first that is well.
    init(count: Int, takesTurns: Bool, policy: RPCEjectionPolicy) {
        precondition(count > 0, "a rotation needs an endpoint")
        entries = Array(repeating: Entry(), count: count)
        self.takesTurns = takesTurns
        self.policy = policy
    }

    /// The endpoint for a call that has been to those in `tried`.
    ///
    /// One that was ejected and has served its time gets a single call as a probe; until that one is answered the others
    /// go elsewhere. When all are ejected, the one whose time is over first must do.
    mutating func pick(at now: NIODeadline, avoiding tried: Set<Int> = []) -> Int {
        let untried = (0..<entries.count).filter { !tried.contains($0) }
        let candidates = inTurn(untried.isEmpty ? Array(0..<entries.count) : untried)
        for index in candidates {
            guard let until = entries[index].ejectedUntil else { return index }
            if until <= now {
                entries[index].ejectedUntil = now + policy.probeTime
                return index
            }
        }
        return candidates.min { (entries[$0].ejectedUntil ?? now) < (entries[$1].ejectedUntil ?? now) } ?? 0
    }

    /// The endpoint answered: it is well, whatever came before.
    mutating func succeeded(_ index: Int) { entries[index] = Entry() }

    /// The endpoint failed. `chance` from 0 to 1 spreads the time after which clients come back.
    /// - Returns: How long it is left alone; nil when it is not.
    mutating func failed(_ index: Int, _ fault: Fault, at now: NIODeadline, chance: Double) -> TimeAmount? {
        if fault == .refusal {
            entries[index].refusals += 1
            guard entries[index].refusals >= policy.refusalsInARow else { return nil }
        }
        let exponent = min(entries[index].ejections, 16)
        let longest = min(policy.firstEjection * Double(1 << exponent), policy.longestEjection)
        let time = TimeAmount(longest * (0.5 + 0.5 * chance))
        entries[index].ejections += 1
        entries[index].refusals = 0
        entries[index].ejectedUntil = now + time
        return time
    }

    private mutating func inTurn(_ indexes: [Int]) -> [Int] {
        guard takesTurns else { return indexes }
        let start = turn % entries.count
        turn &+= 1
        return indexes.filter { $0 >= start } + indexes.filter { $0 < start }
    }
}

extension RPCEjectionPolicy {
    /// How long the probe of an ejected endpoint keeps the other calls away from it.
    fileprivate var probeTime: TimeAmount { TimeAmount(firstEjection) }
}
