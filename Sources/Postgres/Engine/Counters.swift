// SPDX-License-Identifier: MIT
import Locks

import struct Synchronization.Atomic

/// How a pool fares, for readiness and metrics.
public struct PostgresPoolStatus: Sendable, Equatable {
    /// Connections that are open.
    public var connected = 0
    /// Connections that the pool should have.
    public var size = 0
    /// Units sent and not answered.
    public var inFlight = 0
    /// Units that wait for room.
    public var waiting = 0
    /// Connections that transactions hold.
    public var held = 0
    /// Whether a pooler stands between: statements are unnamed then.
    public var isPooled = false
    /// Units answered so far.
    public var finished = 0
    /// Units that failed so far, answered or not.
    public var failed = 0
    /// Units refused for want of room so far.
    public var shed = 0
    /// Connections made so far.
    public var connects = 0
    /// Tries to connect that failed so far.
    public var connectFailures = 0
    /// Connections closed so far.
    public var disconnects = 0
}

/// Counts kept by the reactor's thread; `status` is what others may read.
final class Counters: @unchecked Sendable {  // The plain numbers are the reactor's; the rest is atomic or locked.
    var finished = 0
    var failed = 0
    var connects = 0
    var connectFailures = 0
    var disconnects = 0
    let shed = Atomic<Int>(0)
    let status = Mutex(PostgresPoolStatus())
}

extension Engine {
    /// Shows the present figures to whoever asks.
    func publish() {
        var status = PostgresPoolStatus()
        status.size = slots.count
        for case .open(let connection) in slots {
            status.connected += 1
            status.inFlight += connection.inflight.count
            if !connection.isDirect { status.isPooled = true }
        }
        status.waiting = queues[.general].count + queues[.reserved].count + waitingHolds.count
        status.held = heldCount
        status.finished = counters.finished
        status.failed = counters.failed
        status.shed = counters.shed.load(ordering: .relaxed)
        status.connects = counters.connects
        status.connectFailures = counters.connectFailures
        status.disconnects = counters.disconnects
        counters.status.withLock { $0 = status }
    }
}
