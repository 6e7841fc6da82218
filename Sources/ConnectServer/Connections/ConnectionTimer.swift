// SPDX-License-Identifier: MIT
import NIOCore

/// The one timer of a connection. It is set anew with every request, so setting it only writes a time: what is scheduled
/// looks, when it fires, whether the time has moved on.
struct ConnectionTimer {
    private final class State {
        var deadline = NIODeadline.distantFuture
        var scheduled: Scheduled<Void>?
        /// How often a held timer looks again.
        var interval = TimeAmount.seconds(60)
    }
    private let state = State()

    /// Starts with a time; `expired` is called once when it is over.
    func start(_ eventLoop: any EventLoop, in duration: TimeAmount, expired: @escaping () -> Void) {
        state.interval = duration
        state.deadline = .now() + state.interval
        Self.schedule(state, eventLoop, at: state.deadline, expired)
    }

    /// Counts from now.
    func run(for duration: TimeAmount) { state.deadline = .now() + duration }

    /// Does not count until `run` is called again.
    func hold() { state.deadline = .distantFuture }

    /// Ends for good.
    func stop() {
        state.scheduled?.cancel()
        state.scheduled = nil
    }

    private static func schedule(
        _ state: State, _ eventLoop: any EventLoop, at time: NIODeadline, _ expired: @escaping () -> Void
    ) {
        state.scheduled = eventLoop.assumeIsolated().scheduleTask(deadline: time) {
            let now = NIODeadline.now()
            if state.deadline <= now { return expired() }
            schedule(state, eventLoop, at: min(state.deadline, now + state.interval), expired)
        }
    }
}
