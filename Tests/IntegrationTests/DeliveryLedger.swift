// SPDX-License-Identifier: MIT
import Locks
import NavarchWire

/// Who had been answered before whom asked. What came in that order has to be seen by an agent in that order (C10).
struct IssueOrder {
    private var tick = 0
    private var issues: [String: (asked: Int, answered: Int)] = [:]

    /// Commands that were answered.
    var count: Int { issues.count }

    /// Before an issuer asks.
    mutating func asks() -> Int {
        tick += 1
        return tick
    }

    /// After its answer.
    mutating func answered(_ id: String, asked: Int) {
        tick += 1
        issues[id] = (asked, tick)
    }

    /// Those of `ids`, in the order in which one node saw them, that came after one that was only asked for when they were answered.
    func late(in ids: [String]) -> [String] {
        var latestAsked = 0
        var late: [String] = []
        for id in ids {
            guard let issue = issues[id] else {
                late.append("\(id) was never answered to an issuer")
                continue
            }
            if issue.answered < latestAsked { late.append("\(id) came too late") }
            latestAsked = max(latestAsked, issue.asked)
        }
        return late
    }
}

/// What issuers and agents saw of commands, in one order: who had been answered before whom asked, and what was delivered when.
final class DeliveryLedger: Sendable {
    private struct State {
        var order = IssueOrder()
        /// First deliveries by node, in order.
        var first: [String: [String]] = [:]
        var batches: [String: Int] = [:]
        /// Handed out, and not yet being acknowledged.
        var onTheWay: [String: [String]] = [:]
        var attempts: [String: [Int32]] = [:]
        var lost: [String: Navarch_V1_LeaseToken] = [:]
        var completed: [String: Int] = [:]
        var mistakes: [String] = []
    }

    private let state = Mutex(State())

    /// Everything that should not have been.
    var mistakes: [String] { state.withLock { $0.mistakes } }
    /// The leases of batches that their agent lost.
    var lost: [String: Navarch_V1_LeaseToken] { state.withLock { $0.lost } }
    /// Commands by id, with the attempts that were handed out.
    var attempts: [String: [Int32]] { state.withLock { $0.attempts } }
    /// Commands that were answered to their issuers.
    var issued: Int { state.withLock { $0.order.count } }

    /// Before an issuer asks.
    func asks() -> Int { state.withLock { $0.order.asks() } }

    /// After its answer.
    func answered(_ id: String, asked: Int) { state.withLock { $0.order.answered(id, asked: asked) } }

    /// A batch arrived at an agent of `node`. Returns how many had come before.
    func arrived(_ batch: [Navarch_V1_LeasedCommand], at node: String) -> Int {
        state.withLock { state in
            // C10: one batch at a time is on its way; only a lease that lapsed frees the way for another attempt.
            for id in state.onTheWay[node] ?? [] where state.lost[id] == nil {
                state.mistakes.append("\(node) got a batch while \(id) was on its way")
            }
            state.onTheWay[node] = batch.map(\.commandID)
            for command in batch {
                let before = state.attempts[command.commandID, default: []]
                state.attempts[command.commandID] = before + [command.lease.attempt]
                // C11: each attempt has a number of its own, one more than the last.
                if command.lease.attempt != Int32(before.count + 1) {
                    state.mistakes.append("\(command.commandID): attempt \(command.lease.attempt) after \(before)")
                }
                if before.isEmpty { state.first[node, default: []].append(command.commandID) }
            }
            defer { state.batches[node, default: 0] += 1 }
            return state.batches[node, default: 0]
        }
    }

    /// The agent never acts on this batch.
    func lost(_ batch: [Navarch_V1_LeasedCommand]) {
        state.withLock { state in
            for command in batch { state.lost[command.commandID] = command.lease }
        }
    }

    /// Before the agent acknowledges: the next batch may come from now on.
    func acknowledges(_ node: String) { state.withLock { $0.onTheWay[node] = [] } }

    /// After the end was answered.
    func completed(at node: String) { state.withLock { $0.completed[node, default: 0] += 1 } }

    /// How many commands of `node` have ended.
    func completed(_ node: String) -> Int { state.withLock { $0.completed[node] ?? 0 } }

    /// First deliveries out of order.
    var outOfOrder: [String] {
        state.withLock { state in state.first.values.flatMap { state.order.late(in: $0) } }
    }
}
