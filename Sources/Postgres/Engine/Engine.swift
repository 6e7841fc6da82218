// SPDX-License-Identifier: MIT
import CLibpq
import CoreMetrics
import DequeModule
import Glibc
import Locks
import Logging
import Tracing

/// The units of each share that wait for room.
struct ShareQueues {
    private var general = Deque<Unit>()
    private var reserved = Deque<Unit>()

    subscript(share: PostgresShare) -> Deque<Unit> {
        get { share == .reserved ? reserved : general }
        _modify {
            if share == .reserved { yield &reserved } else { yield &general }
        }
    }
}

/// Drives a few connections from one thread: takes units from the mailbox, sends them, reads answers, keeps deadlines.
///
/// All mutable state belongs to the reactor's thread, but for the mailbox and the counters.
final class Engine: @unchecked Sendable {  // See above; the thread is started once.
    /// A place for a connection.
    enum Slot {
        /// None; the next try at that time.
        case empty(retryAt: UInt64)
        case connecting
        case open(Connection)
    }

    let configuration: PostgresConfiguration
    let logger: Logger
    /// Whether it is a session: one connection, lost once and for all.
    let isSession: Bool
    let counters = Counters()
    var metrics: UnitMetrics
    let mailbox = Mailbox()
    /// nil where nobody traces.
    let tracer: (any Tracer)?
    let onNotification: (@Sendable (PostgresNotification) -> Void)?
    /// Called once on the reactor's thread when a session's connection stands, or could not be made.
    var onFirstConnection: (@Sendable (PostgresError?) -> Void)?

    let epoll: Int32
    /// Readable once the engine stops, for connectors that wait.
    let stopDescriptor: Int32
    var slots: [Slot]
    var failures: [Int]
    var generation: UInt64 = 0
    var queues = ShareQueues()
    var waitingHolds = Deque<Unit>()
    var heldCount = 0
    /// No deadline lies before it; what it costs to look at all units is paid then only.
    var earliestDeadline = UInt64.max
    var shutdownDeadline: UInt64?
    var isLost = false
    var messages: [Message] = []
    let buffer = ParameterBuffer()
    var random = SystemRandomNumberGenerator()

    private struct Lifecycle {
        var isStarted = false
        var isEnded = false
        var waiters: [@Sendable () -> Void] = []
    }
    private let lifecycle = Mutex(Lifecycle())

    init(
        _ configuration: PostgresConfiguration, isSession: Bool, logger: Logger, metrics: any MetricsFactory,
        tracer: (any Tracer)? = nil,
        onNotification: (@Sendable (PostgresNotification) -> Void)? = nil,
        onFirstConnection: (@Sendable (PostgresError?) -> Void)? = nil
    ) {
        self.configuration = configuration
        self.isSession = isSession
        self.logger = logger
        self.metrics = UnitMetrics(factory: metrics)
        self.tracer = tracer is NoOpTracer ? nil : tracer
        self.onNotification = onNotification
        self.onFirstConnection = onFirstConnection
        let size = isSession ? 1 : max(1, configuration.poolSize)
        slots = Array(repeating: .empty(retryAt: 0), count: size)
        failures = Array(repeating: 0, count: size)
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        stopDescriptor = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        precondition(epoll >= 0 && stopDescriptor >= 0, "the system gives no epoll or eventfd: \(errno)")
    }

    deinit {
        _ = Glibc.close(epoll)
        _ = Glibc.close(stopDescriptor)
    }

    /// Starts the thread, the first time.
    func start() {
        let first = lifecycle.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        if first { startThread(named: isSession ? "pg-session" : "pg-pool") { self.loop() } }
    }

    /// Hands over a message; a unit that comes too late is failed at once.
    func post(_ message: Message) {
        if mailbox.post(message) { return }
        switch message {
        case .submit(let unit): unit.complete(.failure(closedError))
        case .connected(_, .success(let established)): PQfinish(established.pg)
        case .cancel, .release, .connected, .shutDown: return
        }
    }

    /// Asks for the end and calls back when the thread is done; at once if it never ran.
    func shutDown(then ended: @escaping @Sendable () -> Void) {
        post(.shutDown)
        whenEnded(ended)
    }

    /// Calls back when the thread is done.
    func whenEnded(_ ended: @escaping @Sendable () -> Void) {
        let now = lifecycle.withLock { state in
            if state.isEnded { return true }
            state.waiters.append(ended)
            return false
        }
        if now { ended() }
    }

    /// Tells the caller, and whoever counts; on the reactor's thread.
    func fail(_ unit: Unit, _ error: PostgresError) {
        if !unit.isResolved { metrics.failed(error) }
        unit.complete(.failure(error))
    }

    var closedError: PostgresError {
        PostgresError(.closed, .notDone, isSession ? "the session has ended" : "the client was shut down")
    }

    private func loop() {
        watch(mailbox.wakeDescriptor, token: 0, EPOLL_CTL_ADD, EPOLLIN.rawValue)
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while !isFinished() {
            let now = monotonicNow()
            connect(now: now)
            publish()
            let count = epoll_wait(epoll, &events, Int32(events.count), waitTime(now: now))
            for index in 0..<max(0, Int(count)) { handle(events[index]) }
            takeMessages()
            step(now: monotonicNow())
        }
        finish()
    }

    /// What every turn does after reading: deadlines, dispatch, and closing what has to be.
    private func step(now: UInt64) {
        expire(now: now)
        dispatch(now: now)
        for index in slots.indices {
            guard case .open(let connection) = slots[index] else { continue }
            push(connection)
            settle(connection, in: index, now: now)
        }
    }

    private func handle(_ event: epoll_event) {
        let token = event.data.u64
        if token == 0 { return mailbox.clearWake() }
        let index = Int(token & 0xFFFF)
        guard case .open(let connection) = slots[index], connection.token == token else { return }
        guard event.events & ~EPOLLOUT.rawValue != 0 else { return }
        let now = monotonicNow()
        connection.receive { self.finished($0, on: connection, now: now) }
    }

    private func push(_ connection: Connection) {
        let waits = connection.flush()
        guard waits != connection.waitsForWrite else { return }
        connection.waitsForWrite = waits
        let interest = EPOLLIN.rawValue | (waits ? EPOLLOUT.rawValue : 0)
        watch(connection.descriptor, token: connection.token, EPOLL_CTL_MOD, interest)
    }

    func watch(_ descriptor: Int32, token: UInt64, _ operation: Int32, _ interest: UInt32) {
        var event = epoll_event()
        event.events = interest
        event.data.u64 = token
        let status = epoll_ctl(epoll, operation, descriptor, &event)
        precondition(status == 0 || operation == EPOLL_CTL_DEL, "epoll_ctl: \(errno)")
    }

    private func isFinished() -> Bool {
        if isSession && isLost { return true }
        guard let shutdownDeadline else { return false }
        if monotonicNow() >= shutdownDeadline { return true }
        return heldCount == 0
            && slots.allSatisfy { slot in
                if case .open(let connection) = slot { connection.inflight.isEmpty } else { true }
            }
    }

    /// Fails what is left, closes everything, tells those who wait for the end.
    private func finish() {
        var one: UInt64 = 1
        _ = write(stopDescriptor, &one, 8)
        for index in slots.indices {
            if case .open(let connection) = slots[index] { close(connection, in: index, now: monotonicNow()) }
        }
        failQueued(closedError)
        onFirstConnection?(closedError)
        onFirstConnection = nil
        for message in mailbox.close() {
            switch message {
            case .submit(let unit): fail(unit, closedError)
            case .connected(_, .success(let established)): PQfinish(established.pg)
            case .cancel, .release, .connected, .shutDown: continue
            }
        }
        publish()
        let waiters = lifecycle.withLock { state in
            state.isEnded = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter() }
    }
}
