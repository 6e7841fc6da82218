// SPDX-License-Identifier: MIT
import CLibpq
import Glibc

extension Engine {
    /// Starts connecting wherever it is time to.
    func connect(now: UInt64) {
        guard shutdownDeadline == nil, !isLost else { return }
        for index in slots.indices {
            guard case .empty(let retryAt) = slots[index], retryAt <= now else { continue }
            slots[index] = .connecting
            let connector = Connector(configuration: configuration, stopDescriptor: stopDescriptor)
            // It keeps the engine, and so the descriptor that it waits on.
            startThread(named: "pg-connect") { self.post(.connected(slot: index, connector.connect())) }
        }
    }

    /// A connector came back.
    func connected(_ index: Int, _ result: Result<Established, PostgresError>, now: UInt64) {
        switch result {
        case .success(let established):
            guard shutdownDeadline == nil, !isLost else {
                slots[index] = .empty(retryAt: .max)
                return PQfinish(established.pg)
            }
            open(established, in: index)
        case .failure(let error):
            failures[index] += 1
            slots[index] = .empty(retryAt: now + backoff(after: failures[index]))
            if failures[index] == 1 { logger.warning("no connection to PostgreSQL: \(error.message)") }
            counters.connectFailures += 1
            if isSession { lose(error) }
        }
    }

    private func open(_ established: Established, in index: Int) {
        generation += 1
        let connection = Connection(
            established, token: generation << 16 | UInt64(index),
            naming: isSession ? .unnamed : configuration.statementNaming, buffer: buffer)
        connection.onNotification = onNotification
        slots[index] = .open(connection)
        watch(connection.descriptor, token: connection.token, EPOLL_CTL_ADD, EPOLLIN.rawValue)
        if failures[index] > 0 { logger.info("connected to PostgreSQL again") }
        failures[index] = 0
        counters.connects += 1
        onFirstConnection?(nil)
        onFirstConnection = nil
    }

    /// Doubles from the first wait to the longest, at random between half of that and all of it.
    func backoff(after failures: Int) -> UInt64 {
        let first = max(1, configuration.initialBackoff.wholeNanoseconds)
        let longest = max(first, configuration.maximumBackoff.wholeNanoseconds)
        var wait = first
        for _ in 1..<max(2, min(failures, 40)) where wait < longest { wait *= 2 }
        wait = min(wait, longest)
        return UInt64.random(in: wait / 2...wait, using: &random)
    }

    /// Closes a connection that is lost, or that retired and has nothing on its way.
    func settle(_ connection: Connection, in index: Int, now: UInt64) {
        switch connection.health {
        case .fine: return
        case .retiring:
            if connection.inflight.isEmpty && connection.hold == nil { close(connection, in: index, now: now) }
        case .lost(let message):
            logger.info("connection to PostgreSQL closed: \(message)")
            close(connection, in: index, now: now)
        }
    }

    /// Closes it and tells every unit on it what became of it.
    func close(_ connection: Connection, in index: Int, now: UInt64) {
        connection.lose()
        watch(connection.descriptor, token: connection.token, EPOLL_CTL_DEL, 0)
        slots[index] = .empty(retryAt: now + backoff(after: 1) / 8)
        counters.disconnects += 1
        if let hold = connection.hold {
            heldCount -= 1
            connection.hold = nil
            hold.connection = nil
            // Not granted yet: it waits for another connection.
            if let unit = connection.pendingHold, !unit.isResolved { waitingHolds.prepend(unit) }
            connection.pendingHold = nil
        }
        let units = connection.inflight
        connection.inflight.removeAll()
        for unit in units where !unit.isResolved {
            counters.failed += 1
            fail(unit, connection.outcome(ofUnanswered: unit))
        }
        if isSession { lose(PostgresError(.connection, .notDone, connection.lastMessage)) }
    }

    /// A session's only connection is gone, or could not be made.
    private func lose(_ error: PostgresError) {
        guard !isLost else { return }
        isLost = true
        failQueued(error)
        onFirstConnection?(error)
        onFirstConnection = nil
    }
}
