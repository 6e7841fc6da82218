// SPDX-License-Identifier: MIT

/// One step of the journal, as it is written to disk.
public enum JournalRecord: Equatable, Sendable, Codable {
    /// The first record of every journal: its name.
    case opened(journalID: String)
    /// A command is known; not yet acted on. Replaces an earlier, dropped or unacknowledged attempt of the same command.
    case received(AgentCommand)
    /// The acknowledgement was refused: this attempt must never be acted on.
    case dropped(id: String)
    /// A higher attempt of a command that was already started: its lease is the one to use from now on.
    case adopted(id: String, attempt: Int32, leaseID: String)
    /// It is about to take effect, on this boot.
    case started(id: String, replay: ReplayClass, bootID: String)
    /// It ended.
    case done(id: String, outcome: CommandOutcome)
    /// The control plane knows the end, or refused to hear it.
    case settled(id: String)
    /// An entry as a whole: what compaction writes.
    case entry(JournalEntry)
}

/// What a journal knows of one command.
public struct JournalEntry: Equatable, Sendable, Codable {
    /// Where it is.
    public enum Stage: Equatable, Sendable, Codable {
        /// Known. May become dropped, started, or done without a start (then it had no effect).
        case received
        /// Refused. May become received by a higher attempt.
        case dropped
        /// Taking effect, or interrupted. May become done.
        case started(replay: ReplayClass, bootID: String)
        /// Ended; the control plane may not know yet. May become settled.
        case done(CommandOutcome)
        /// Over. Kept so that the command can never start again.
        case settled(CommandOutcome)
    }

    /// The command with its highest attempt.
    public var command: AgentCommand
    /// Where it is.
    public var stage: Stage

    /// Whether nothing is left to do for it.
    public var isOver: Bool {
        switch stage {
        case .dropped, .settled: true
        case .received, .started, .done: false
        }
    }
}
