// SPDX-License-Identifier: MIT
import CLibpq

extension Engine {
    /// Does what other threads asked for.
    func takeMessages() {
        mailbox.take(into: &messages)
        guard !messages.isEmpty else { return }
        let now = monotonicNow()
        for message in messages { take(message, now: now) }
        messages.removeAll(keepingCapacity: true)
    }

    private func take(_ message: Message, now: UInt64) {
        switch message {
        case .submit(let unit): accept(unit, now: now)
        case .cancel(let unit): cancel(unit)
        case .release(let hold): release(hold)
        case .connected(let slot, let result): connected(slot, result, now: now)
        case .shutDown: beginShutdown(now: now)
        }
    }

    private func accept(_ unit: Unit, now: UInt64) {
        unit.queuedAt = now
        if unit.isCancelled {
            return fail(unit, PostgresError(.cancelled, .notDone, "the task was cancelled"))
        }
        if let hold = unit.hold { return submit(unit, to: hold, now: now) }
        guard shutdownDeadline == nil, !isLost else { return fail(unit, closedError) }
        let isHold = if case .hold = unit.work { true } else { false }
        let limit = unit.share == .reserved ? configuration.reservedQueueLimit : configuration.queueLimit
        // What came in one burst may find room yet: only what cannot be sent counts as waiting.
        if queues[unit.share].count >= limit { dispatch(now: now) }
        let waiting = queues[unit.share].count + (isHold ? waitingHolds.count : 0)
        guard waiting < limit else {
            counters.shed.add(1, ordering: .relaxed)
            return fail(unit, overloaded("\(waiting) units wait already"))
        }
        earliestDeadline = min(earliestDeadline, unit.deadline, queueDeadline(of: unit))
        if isHold { waitingHolds.append(unit) } else { queues[unit.share].append(unit) }
    }

    /// Sends a transaction's unit on its own connection.
    private func submit(_ unit: Unit, to hold: Hold, now: UInt64) {
        guard !hold.isReleased, let connection = hold.connection, case .fine = connection.health else {
            return fail(unit, PostgresError(.connection, .notDone, "the transaction's connection was lost"))
        }
        earliestDeadline = min(earliestDeadline, unit.deadline)
        if let begin = hold.begin {
            hold.begin = nil
            unit.lead(with: begin)
        }
        connection.send(unit, now: now)
    }

    /// The caller no longer wants the answer; nothing is ever cancelled in the server (C8).
    private func cancel(_ unit: Unit) {
        unit.isCancelled = true
        let outcome = unit.sentAt == 0 ? .notDone : unit.outcomeUnanswered
        fail(unit, PostgresError(.cancelled, outcome, "the task was cancelled"))
        // One that still waits is dropped when its turn comes. One that was granted a connection gives it back.
        if case .hold(let hold) = unit.work, unit.sentAt == 0 { hold.isReleased = true }
    }

    private func release(_ hold: Hold) {
        guard !hold.isReleased else { return }
        hold.isReleased = true
        guard let connection = hold.connection else { return }
        heldCount -= 1
        connection.hold = nil
        hold.connection = nil
        if !connection.inflight.isEmpty || PQtransactionStatus(connection.pg) != PQTRANS_IDLE {
            connection.health = .lost("a transaction was left open")
        }
    }

    private func beginShutdown(now: UInt64) {
        guard shutdownDeadline == nil else { return }
        // A session has nobody left who could want an answer.
        shutdownDeadline = isSession ? now : now + configuration.shutdownTimeout.wholeNanoseconds
        // What came before the shutdown and only waited for this turn is still sent, as far as there is room.
        if !isSession { dispatch(now: now) }
        failQueued(closedError)
    }

    /// Fails everything that was not sent.
    func failQueued(_ error: PostgresError) {
        for share in PostgresShare.allCases {
            for unit in queues[share] { fail(unit, error) }
            queues[share].removeAll()
        }
        for unit in waitingHolds { fail(unit, error) }
        waitingHolds.removeAll()
    }

    func overloaded(_ message: String) -> PostgresError {
        // Somewhere between soon and not at once, so that those who were shed do not come back together.
        let wait = Duration.milliseconds(Int.random(in: 100...500, using: &random))
        return PostgresError(.overloaded(retryAfter: wait), .notDone, message)
    }

    func queueDeadline(of unit: Unit) -> UInt64 { unit.queuedAt &+ configuration.queueTime.wholeNanoseconds }
}
