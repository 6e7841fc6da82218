// SPDX-License-Identifier: MIT
import CLibpq
import DequeModule

extension Engine {
    /// Sends what waits to the least loaded connections.
    func dispatch(now: UInt64) {
        grantHolds(now: now)
        // The reserved share first: it is what must pass when the rest is shed (C7).
        dispatch(.reserved, depth: configuration.pipelineDepth, now: now)
        let depth = max(1, configuration.pipelineDepth - configuration.reservedDepth)
        dispatch(.general, depth: depth, now: now)
    }

    private func dispatch(_ share: PostgresShare, depth: Int, now: UInt64) {
        while let unit = queues[share].first {
            if unit.isResolved {
                queues[share].removeFirst()
                continue
            }
            guard let connection = leastLoaded(below: depth, now: now) else { return }
            queues[share].removeFirst()
            connection.send(unit, now: now)
            metrics.sent(unit)
        }
    }

    /// The open connection with the shortest line; one whose head takes long comes last.
    private func leastLoaded(below depth: Int, now: UInt64) -> Connection? {
        // Longer than nearly every statement of a service takes; shorter than anybody waits gladly.
        let slow: UInt64 = 20_000_000
        var best: Connection?
        var bestLoad = Int.max
        for case .open(let connection) in slots
        where connection.isOpen && connection.inflight.count < limit(of: connection, depth) {
            var load = connection.inflight.count
            // No line is this long, and the sum stays a number whatever depth is asked for.
            if let head = connection.inflight.first, head.sentAt + slow < now { load += 1 << 32 }
            if load < bestLoad {
                best = connection
                bestLoad = load
            }
        }
        return best
    }

    private func limit(of connection: Connection, _ depth: Int) -> Int {
        if connection.isDirect || connection.namesAllowed || depth == .max { return depth }
        return min(depth, max(1, configuration.pooledPipelineDepth))
    }

    /// Gives idle connections to the transactions that wait for one, and sets aside the least loaded where none is idle.
    private func grantHolds(now: UInt64) {
        while let unit = waitingHolds.first {
            guard case .hold(let hold) = unit.work else { preconditionFailure("only holds wait for a connection") }
            if unit.isResolved {
                waitingHolds.removeFirst()
                continue
            }
            let limit = configuration.maximumTransactions ?? max(1, configuration.poolSize - 1)
            guard heldCount < limit, let connection = leastLoaded(below: Int.max, now: now) else { break }
            waitingHolds.removeFirst()
            heldCount += 1
            connection.hold = hold
            connection.pendingHold = unit
            hold.connection = connection
        }
        for case .open(let connection) in slots { grantIfIdle(connection, now: now) }
    }

    private func grantIfIdle(_ connection: Connection, now: UInt64) {
        guard let unit = connection.pendingHold, connection.inflight.isEmpty, case .fine = connection.health else {
            return
        }
        connection.pendingHold = nil
        if unit.isResolved {
            // Cancelled or out of time while the connection emptied.
            connection.hold = nil
            heldCount -= 1
        } else {
            unit.sentAt = now
            metrics.sent(unit)
            unit.complete(.success([]))
        }
    }

    /// A unit's Sync was answered: now its result counts (C5).
    func finished(_ unit: Unit, on connection: Connection, now: UInt64) {
        counters.finished += 1
        metrics.answered(unit, now: now)
        if connection.overdueSince != nil, !connection.inflight.contains(where: \.isPastDeadline) {
            connection.overdueSince = nil
        }
        if case .prepare(let prepared) = unit.work {
            // Known already under this name, so known for what it is: names are hashes.
            if let error = unit.error, error.sqlState != "42P05" { connection.cache.ban(prepared.statement) }
            return
        }
        guard let error = unit.error else { return succeeded(unit, on: connection) }
        if unit.usesNames, !unit.isRetried, !unit.isResolved, unit.hold == nil, error.isAboutName {
            return retryUnnamed(unit, on: connection)
        }
        // A read-only server: a standby, or a primary that was demoted. Leave it (C4).
        if error.sqlState == "25006", configuration.requirePrimary, unit.hold == nil { connection.retire() }
        counters.failed += 1
        fail(unit, error)
    }

    private func succeeded(_ unit: Unit, on connection: Connection) {
        if !unit.isResolved, unit.results.count != unit.statements.count {
            // A pooler in between mixed units up (decision 0232). Nothing on this connection can be believed any more.
            connection.health = .lost(
                "an answer has \(unit.results.count) results for \(unit.statements.count) statements")
            counters.failed += 1
            return fail(unit, PostgresError(.connection, .unknown, "the answer does not fit the unit's statements"))
        }
        guard unit.isDoubtful else { return unit.complete(.success(unit.answer)) }
        connection.retire()
        fail(unit, PostgresError(.server, .unknown, "the server did not wait for the synchronous standby to confirm"))
    }

    /// The server forgot a name, or its plan no longer fits: that costs one retry, not an error. Nothing was done.
    private func retryUnnamed(_ unit: Unit, on connection: Connection) {
        for statement in unit.statements { connection.cache.ban(statement) }
        unit.isRetried = true
        unit.error = nil
        unit.results = []
        guard case .fine = connection.health else {
            queues[unit.share].prepend(unit)
            return
        }
        connection.send(unit, now: monotonicNow())
    }
}

extension PostgresError {
    /// Whether an error is about a statement's name, not about the statement.
    var isAboutName: Bool {
        sqlState == "26000" || (sqlState == "0A000" && function == "RevalidateCachedQuery")
    }
}
