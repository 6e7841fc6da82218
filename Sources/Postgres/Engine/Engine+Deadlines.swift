// SPDX-License-Identifier: MIT

extension Engine {
    /// How long epoll may sleep, in milliseconds; -1: until something happens.
    func waitTime(now: UInt64) -> Int32 {
        var next = min(earliestDeadline, shutdownDeadline ?? .max)
        for slot in slots {
            switch slot {
            case .empty(let retryAt):
                if shutdownDeadline == nil { next = min(next, retryAt) }
            case .open(let connection):
                if let since = connection.overdueSince { next = min(next, since &+ grace) }
            case .connecting: continue
            }
        }
        guard next != .max else { return -1 }
        return next <= now ? 0 : Int32(clamping: (next - now) / 1_000_000 + 1)
    }

    // A session has no neighbours to spare: what is overdue ends it (C6).
    private var grace: UInt64 { isSession ? 0 : configuration.overdueGrace.wholeNanoseconds }

    /// Tells those whose deadline has passed; closes connections that stay silent beyond the grace (C8).
    func expire(now: UInt64) {
        for case .open(let connection) in slots {
            if let since = connection.overdueSince, since &+ grace <= now {
                connection.health = .lost("no answer \(configuration.overdueGrace) after a deadline")
            }
        }
        guard now >= earliestDeadline else { return }
        earliestDeadline = .max
        expireQueued(now: now)
        for case .open(let connection) in slots { expireSent(connection, now: now) }
    }

    private func expireQueued(now: UInt64) {
        for share in PostgresShare.allCases {
            for unit in queues[share] { expireQueued(unit, now: now) }
            queues[share].removeAll(where: \.isResolved)
        }
        for unit in waitingHolds { expireQueued(unit, now: now) }
        waitingHolds.removeAll(where: \.isResolved)
        for case .open(let connection) in slots {
            if let unit = connection.pendingHold { expireQueued(unit, now: now) }
        }
    }

    private func expireQueued(_ unit: Unit, now: UInt64) {
        guard !unit.isResolved else { return }
        let due = min(unit.deadline, queueDeadline(of: unit))
        guard due <= now else {
            earliestDeadline = min(earliestDeadline, due)
            return
        }
        if unit.deadline <= now {
            fail(unit, PostgresError(.deadline, .notDone, "the deadline passed before it was sent"))
        } else {
            counters.shed.add(1, ordering: .relaxed)
            fail(unit, overloaded("it waited \(configuration.queueTime) for room"))
        }
    }

    private func expireSent(_ connection: Connection, now: UInt64) {
        for unit in connection.inflight where !unit.isPastDeadline {
            if unit.deadline > now {
                earliestDeadline = min(earliestDeadline, unit.deadline)
                continue
            }
            unit.isPastDeadline = true
            if !unit.isResolved {
                counters.failed += 1
                let outcome = unit.outcomeUnanswered
                fail(unit, PostgresError(.deadline, outcome, "no answer before the deadline"))
            }
            if connection.overdueSince == nil { connection.overdueSince = now }
            // A transaction's connection is of no use to anybody else; a COMMIT without an answer is closed at once (C8).
            if unit.hold != nil { connection.health = .lost("no answer before the deadline of a transaction") }
        }
    }
}
