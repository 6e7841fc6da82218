// SPDX-License-Identifier: MIT

import Foundation

/// What a command of the CLI knows of the world outside its arguments. Tests bring their own.
struct Shell: Sendable {
    /// The environment's variables.
    var variables: [String: String]
    /// Where to write, and whom to ask.
    var terminal: Terminal
    /// Begins to catch Ctrl-C and yields each.
    var interruptions: @Sendable () -> AsyncStream<Void>
    /// The time of this machine, for ages in tables only: what is overdue is for the control plane to say.
    var now: @Sendable () -> Date

    /// The process's own.
    static func standard() -> Shell {
        Shell(
            variables: ProcessInfo.processInfo.environment, terminal: .standard(),
            interruptions: { Interruptions.ofProcess() }, now: { Date() })
    }

    /// A variable that is set and not empty.
    func variable(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }
}
