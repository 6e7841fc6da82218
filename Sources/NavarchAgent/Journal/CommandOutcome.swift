// SPDX-License-Identifier: MIT
import NavarchModel

/// How a command ended on its node.
public struct CommandOutcome: Equatable, Sendable, Codable {
    /// The states that an agent may report.
    public enum State: String, Equatable, Sendable, Codable {
        case succeeded, failed
        /// It was started, and nobody can tell whether it took effect (C12).
        case unknown
    }

    /// Which end.
    public var state: State
    /// With what result.
    public var result: CommandResult

    /// An end with its result.
    public init(_ state: State, _ result: CommandResult) {
        self.state = state
        self.result = result
    }

    /// An end in one sentence.
    public init(_ state: State, _ message: String, exitCode: Int32 = 0) {
        var result = CommandResult()
        result.message = message
        result.exitCode = exitCode
        self.init(state, result)
    }

    /// The same end without the bulk of its output: what a settled entry keeps.
    var abridged: CommandOutcome {
        var copy = self
        copy.result.output = ""
        copy.result.json = ""
        copy.result.truncated = result.truncated || !result.output.isEmpty
        return copy
    }
}

/// What may be done with a command that was started and has no recorded end (C12).
public enum ReplayClass: String, Equatable, Sendable, Codable {
    /// Run it again: diagnostics of our own, drain.
    case repeatable
    /// Another boot id than at the start means that it took effect; the same one that it did not: shutdown.
    case observable
    /// Never run it twice; report `unknown`: the operator's executables.
    case once
}
