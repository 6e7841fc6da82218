// SPDX-License-Identifier: MIT
import Locks
import NavarchModel

/// Does what commands ask for, on a host or pretended.
public protocol CommandExecutor: Sendable {
    /// What may be done with this command when it was interrupted (C12). Decided before it starts, and written down with the start.
    func replayClass(of command: AgentCommand) -> ReplayClass
    /// Does it. Cancellation of the task asks it to stop; it returns when nothing of it runs any more.
    func execute(_ command: AgentCommand, progress: ProgressMeter) async -> Execution
}

/// What became of doing a command.
public struct Execution: Equatable, Sendable {
    /// The end to report.
    public var outcome: CommandOutcome
    /// It was stopped before its own end.
    public var wasStopped = false
    /// The agent is to stop once the end is reported (terminate).
    public var endsAgent = false

    /// An end.
    public init(_ outcome: CommandOutcome) { self.outcome = outcome }
}

/// How far a running command is; the newest report counts, and it is sent at most once a second.
public final class ProgressMeter: Sendable {
    private let latest = Mutex<CommandProgress?>(nil)
    private let onReport: @Sendable () -> Void

    /// A meter that nobody has reported to; `onReport` is called after each report, on the reporter's thread.
    public init(onReport: @escaping @Sendable () -> Void = {}) { self.onReport = onReport }

    /// Says how far it is.
    public func report(_ percent: Double, _ message: String) {
        latest.withLock {
            $0 = CommandProgress(percent: min(100, max(0, percent)), message: String(message.prefix(1_024)))
        }
        onReport()
    }

    /// Takes the newest report that was not taken yet.
    func take() -> CommandProgress? {
        latest.withLock { latest in
            defer { latest = nil }
            return latest
        }
    }
}
