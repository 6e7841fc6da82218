// SPDX-License-Identifier: MIT

/// One command's way to a result (C9–C12). Pure; the store's WHERE clauses refuse the same moves, and a test walks both side by side.
public struct CommandMachine: Equatable, Sendable {
    /// What may happen to a command.
    public enum Event: Equatable, Sendable {
        /// Handed out under a new lease.
        case lease(LeaseID)
        /// The agent has it in its journal, by this attempt and lease.
        case acknowledge(attempt: Int32, lease: LeaseID)
        /// Handed back by the replica that could not deliver it.
        case giveBack(attempt: Int32, lease: LeaseID)
        /// The lease lapsed unacknowledged; whether the command's time to live is over, and how many lapses are allowed.
        case leaseLapsed(isPastTimeToLive: Bool, maxExpiries: Int32)
        /// The time to live is over while it waits.
        case timeToLiveOver
        /// Somebody cancels.
        case cancel
        /// The agent reports an outcome by this attempt and lease.
        case complete(attempt: Int32, lease: LeaseID, outcome: CommandState)
        /// The run deadline passed without an answer.
        case runDeadlinePassed
        /// The node came back with another journal.
        case journalLost
    }

    /// What became of an event.
    public enum Answer: Equatable, Sendable {
        /// The state changed.
        case moved
        /// Nothing changed and nothing is wrong: a repeat.
        case same
        /// A running command was asked to stop.
        case cancelRequested
        /// Not allowed here; nothing changed.
        case refused
    }

    /// Place in its life.
    public private(set) var state = CommandState.queued
    /// Times handed out.
    public private(set) var attempt: Int32 = 0
    /// The current lease; kept after the end so that a repeated report can be told from a foreign one.
    public private(set) var lease: LeaseID?
    /// Leases that lapsed.
    public private(set) var expiries: Int32 = 0
    /// Somebody wants it stopped.
    public private(set) var cancelRequested = false

    /// A command just issued.
    public init() {}

    /// Tells the machine what happened.
    public mutating func handle(_ event: Event) -> Answer {
        switch event {
        case .lease(let id): return leased(under: id)
        case .acknowledge(let attempt, let lease): return acknowledged(attempt, lease)
        case .giveBack(let attempt, let lease): return givenBack(attempt, lease)
        case .leaseLapsed(let isPast, let max): return lapsed(isPastTimeToLive: isPast, maxExpiries: max)
        case .timeToLiveOver: return end(as: .expired, from: [.queued])
        case .cancel: return cancelled()
        case .complete(let attempt, let lease, let outcome): return completed(attempt, lease, outcome)
        case .runDeadlinePassed: return end(as: .unknown, from: [.running])
        case .journalLost: return lostJournal()
        }
    }

    private func isCurrent(_ attempt: Int32, _ lease: LeaseID) -> Bool {
        attempt == self.attempt && lease == self.lease
    }

    private mutating func leased(under id: LeaseID) -> Answer {
        guard state == .queued else { return .refused }
        state = .leased
        attempt += 1
        lease = id
        return .moved
    }

    private mutating func acknowledged(_ attempt: Int32, _ lease: LeaseID) -> Answer {
        guard isCurrent(attempt, lease) else { return .refused }
        switch state {
        case .leased:
            state = .running
            return .moved
        case .running: return .same
        case .queued, .succeeded, .failed, .unknown, .cancelled, .expired, .undeliverable: return .refused
        }
    }

    private mutating func givenBack(_ attempt: Int32, _ lease: LeaseID) -> Answer {
        guard state == .leased, isCurrent(attempt, lease) else { return .refused }
        state = .queued
        self.lease = nil
        return .moved
    }

    private mutating func lapsed(isPastTimeToLive: Bool, maxExpiries: Int32) -> Answer {
        guard state == .leased else { return .refused }
        expiries += 1
        lease = nil
        state = isPastTimeToLive ? .expired : expiries >= maxExpiries ? .undeliverable : .queued
        return .moved
    }

    private mutating func cancelled() -> Answer {
        switch state {
        case .queued, .leased:
            state = .cancelled
            return .moved
        case .running:
            cancelRequested = true
            return .cancelRequested
        case .succeeded, .failed, .unknown, .cancelled, .expired, .undeliverable: return .refused
        }
    }

    private mutating func completed(_ attempt: Int32, _ lease: LeaseID, _ outcome: CommandState) -> Answer {
        guard isCurrent(attempt, lease), [.succeeded, .failed, .unknown].contains(outcome) else { return .refused }
        if state == outcome { return .same }
        return end(as: outcome, from: [.running])
    }

    private mutating func lostJournal() -> Answer {
        switch state {
        case .leased:
            state = .queued
            lease = nil
            return .moved
        case .running: return end(as: .unknown, from: [.running])
        case .queued, .succeeded, .failed, .unknown, .cancelled, .expired, .undeliverable: return .same
        }
    }

    private mutating func end(as outcome: CommandState, from allowed: [CommandState]) -> Answer {
        guard allowed.contains(state) else { return .refused }
        state = outcome
        return .moved
    }
}
