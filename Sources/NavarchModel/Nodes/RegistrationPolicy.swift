// SPDX-License-Identifier: MIT

/// Decides what a registration means for a node that may be known already (gap G7: an agent's restart must not undo what an operator
/// decided). Pure.
public enum RegistrationPolicy {
    /// What to do with a registration.
    public enum Decision: Equatable, Sendable {
        /// Nobody knew it.
        case create
        /// The same machine again: take its facts, keep schedule, condition and health.
        case keep
        /// Another machine under the same name: it starts active and unjudged.
        case fresh
        /// The same machine that was terminated: it stays so.
        case refuse
    }

    /// Decides. Two machines are known to differ only when both have a machine id; an agent that sends none is taken for the same one.
    public static func decide(existing: Node?, _ registration: NodeRegistration) -> Decision {
        guard let existing else { return .create }
        let before = existing.registration.host.machineID
        let now = registration.host.machineID
        let isAnother = !before.isEmpty && !now.isEmpty && before != now
        switch (existing.lifecycle, isAnother) {
        case (.terminated, false): return .refuse
        case (.terminated, true), (.present, true): return .fresh
        case (.present, false): return .keep
        }
    }

    /// Whether the agent's journal is another than the one that its running commands were written to (C12). An agent that never had one
    /// loses nothing.
    public static func lostJournal(existing: Node?, _ registration: NodeRegistration) -> Bool {
        guard let existing, !existing.registration.journalID.isEmpty else { return false }
        return existing.registration.journalID != registration.journalID
    }
}
