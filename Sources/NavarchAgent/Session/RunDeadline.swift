// SPDX-License-Identifier: MIT

/// When the agent stops a command that runs too long.
///
/// The control plane counts the run deadline from the moment it takes the acknowledgement, and then calls the command `unknown`
/// (C12). The agent counts from the moment it *sends* the acknowledgement, which is earlier, and stops early enough that the
/// program's end and the report of it arrive in time: a deadline that passes is a failure that is known, not an unknown.
enum RunDeadline {
    /// A program gets ten seconds between SIGTERM and SIGKILL; the rest is for the report.
    static let longestMargin = Duration.seconds(15)

    /// How long a command may run by the agent's own count; nil: no limit was told.
    static func allowance(_ command: AgentCommand) -> Duration? {
        guard command.runTimeoutSeconds > 0 else { return nil }
        // A year is beyond every limit that the API accepts, and far from what a duration overflows at.
        let whole = Duration.seconds(min(command.runTimeoutSeconds, 31_556_952))
        return whole - min(whole / 10, longestMargin)
    }

    /// Says, whenever it is asked, how long ago this call was.
    static func stopwatch<C: Clock<Duration>>(_ clock: C) -> @Sendable () -> Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }
}
