// SPDX-License-Identifier: MIT

/// What an agent does, after a restart, with a command that its journal holds unfinished (C12).
public enum RecoveryStep: Equatable, Sendable {
    /// Received and never started: acknowledge (again), and run it when that is accepted.
    case acknowledge(AgentCommand)
    /// Started, not done, and safe to repeat.
    case runAgain(AgentCommand)
    /// Started, not done, and decided without running it.
    case conclude(AgentCommand, CommandOutcome)
    /// Done; the control plane may not know.
    case report(AgentCommand, CommandOutcome)
}

extension JournalState {
    /// The steps for every unfinished entry, in issue order, for an agent that runs on the boot `bootID`.
    public func recovery(bootID: String) -> [RecoveryStep] {
        inOrder.filter { !$0.isOver }.sorted { $0.command.sequence < $1.command.sequence }.compactMap {
            step(for: $0, bootID)
        }
    }

    private func step(for entry: JournalEntry, _ bootID: String) -> RecoveryStep? {
        switch entry.stage {
        case .received: .acknowledge(entry.command)
        case .started(let replay, let startedOn): interrupted(entry.command, replay, startedOn: startedOn, now: bootID)
        case .done(let outcome): .report(entry.command, outcome)
        case .dropped, .settled: nil
        }
    }

    private func interrupted(
        _ command: AgentCommand, _ replay: ReplayClass, startedOn: String, now: String
    ) -> RecoveryStep {
        switch replay {
        case .repeatable: return .runAgain(command)
        case .once:
            return .conclude(
                command,
                CommandOutcome(.unknown, "the agent ended while the command ran; whether it took effect is unknown"))
        case .observable:
            if startedOn.isEmpty || now.isEmpty {
                return .conclude(
                    command,
                    CommandOutcome(.unknown, "the agent ended while the command ran, and the host has no boot id"))
            }
            guard startedOn != now else { return .runAgain(command) }
            return .conclude(
                command,
                CommandOutcome(.succeeded, "the host was started again since: boot id was \(startedOn), is \(now)"))
        }
    }
}
