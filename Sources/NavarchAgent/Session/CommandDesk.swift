// SPDX-License-Identifier: MIT
import Locks

/// The accepted commands of one agent until they are settled: what is renewed, and what a cancel request reaches.
final class CommandDesk: Sendable {
    /// Why a command is told to stop.
    enum StopCause: Sendable, Equatable { case cancelRequested, runDeadline, agentStopping }

    /// One accepted command.
    final class Ticket: Sendable {
        let stop = Signal()
        let meter: ProgressMeter
        /// How long the command may still run; nil: as long as it likes. Counted since its acknowledgement was sent.
        let timeLeft: @Sendable () -> Duration?
        private let causeCell = Mutex<StopCause?>(nil)
        private let isClaimed = Mutex(false)

        init(meter: ProgressMeter, timeLeft: @escaping @Sendable () -> Duration?) {
            self.meter = meter
            self.timeLeft = timeLeft
        }

        /// The first cause counts.
        func stop(for cause: StopCause) {
            causeCell.withLock { if $0 == nil { $0 = cause } }
            stop.raise()
        }
        var cause: StopCause? { causeCell.withLock { $0 } }

        /// True for the one that asks first: its lane, or whoever finds that it waited past its run deadline.
        func claim() -> Bool {
            isClaimed.withLock { isClaimed in
                defer { isClaimed = true }
                return !isClaimed
            }
        }
    }

    private let tickets = Mutex<[String: Ticket]>([:])
    private let bell = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    /// Has an element whenever some command reported progress since the last one; one reader.
    var progressReports: AsyncStream<Void> { bell.stream }

    /// The accepted commands, by id.
    var open: [String: Ticket] { tickets.withLock { $0 } }

    /// A ticket for a command just accepted; nil when it has one already and must not be started (C12).
    func accept(_ id: String, timeLeft: @escaping @Sendable () -> Duration?) -> Ticket? {
        tickets.withLock { tickets in
            guard tickets[id] == nil else { return nil }
            let bell = bell.continuation
            let ticket = Ticket(meter: ProgressMeter { bell.yield() }, timeLeft: timeLeft)
            tickets[id] = ticket
            return ticket
        }
    }

    func close(_ id: String) { tickets.withLock { $0[id] = nil } }

    func cancel(_ ids: [String]) {
        for ticket in tickets.withLock({ tickets in ids.compactMap { tickets[$0] } }) {
            ticket.stop(for: .cancelRequested)
        }
    }

    func stopAll(for cause: StopCause) { for ticket in open.values { ticket.stop(for: cause) } }
}
