// SPDX-License-Identifier: MIT

import Connect
import NavarchClient
import NavarchWire

/// Waits for commands on the user's behalf: tells how they move, ends on time or on Ctrl-C, and knows what to exit with.
struct CommandWait: Sendable {
    /// Whom to ask.
    let client: OperatorClient
    /// The world.
    let shell: Shell
    /// The longest that is waited; nil: until the commands end.
    let timeout: Duration?
    /// Whether progress goes to standard error.
    let showsProgress: Bool

    /// The most commands that are followed at once: each holds a stream.
    private static let width = 32

    /// Waits for all `commands` and returns them as they ended, in the same order. `see` is shown every state on the way.
    ///
    /// - Throws: `Failure` when the time was over or the user left; the commands go on.
    func callAsFunction(
        _ commands: [Navarch_V1_Command], seeing see: @escaping @Sendable (Navarch_V1_Command) throws -> Void = { _ in }
    ) async throws -> [Navarch_V1_Command] {
        // What has ended needs no time.
        if commands.allSatisfy(\.state.isTerminal) { return commands }
        let manner: Interruptions.Ending<[Navarch_V1_Command]>
        do {
            manner = try await Interruptions.race(shell.interruptions(), timeout: timeout) {
                try await all(commands, see)
            }
        } catch let error as RPCError {
            throw Failure(error, action: "follow the command")
        }
        switch manner {
        case .finished(let ended): return ended
        case .timedOut: throw leave(.stillRunning, "still under way when the time was over", commands)
        case .interrupted: throw leave(.interrupted, "interrupted", commands)
        }
    }

    private func all(
        _ commands: [Navarch_V1_Command], _ see: @escaping @Sendable (Navarch_V1_Command) throws -> Void
    ) async throws -> [Navarch_V1_Command] {
        try await withThrowingTaskGroup(of: (Int, Navarch_V1_Command).self) { group in
            var ended = commands
            var next = 0
            func addOne() {
                guard next < commands.count else { return }
                let (index, command) = (next, commands[next])
                next += 1
                group.addTask { (index, try await follow(command, see)) }
            }
            for _ in 0..<Self.width { addOne() }
            while let (index, command) = try await group.next() {
                ended[index] = command
                addOne()
            }
            return ended
        }
    }

    private func follow(
        _ command: Navarch_V1_Command, _ see: @escaping @Sendable (Navarch_V1_Command) throws -> Void
    ) async throws -> Navarch_V1_Command {
        guard !command.state.isTerminal else { return command }
        let terminal = shell.terminal
        let (showsProgress, id) = (showsProgress, command.commandID)
        let follower = CommandFollower(
            client: client,
            report: { seen in
                if showsProgress { terminal.note(Self.progress(seen)) }
                try see(seen)
            },
            complain: {
                terminal.note("Warning: no news of command \(id) (\($0.code.name): \($0.message)); still trying")
            })
        return try await follower.follow(id)
    }

    private static func progress(_ command: Navarch_V1_Command) -> String {
        let progress = command.state.isTerminal ? "" : CommandText.progress(command)
        return "\(command.nodeID): \(CommandText.state(command))" + (progress.isEmpty ? "" : " (\(progress))")
    }

    private func leave(_ status: ExitStatus, _ what: String, _ commands: [Navarch_V1_Command]) -> Failure {
        let hint =
            commands.count == 1
            ? "navarch commands watch \(commands[0].commandID), or navarch commands cancel \(commands[0].commandID)"
            : "navarch commands list shows how they fare"
        let subject = commands.count == 1 ? "the command goes" : "the \(commands.count) commands go"
        return Failure(status, "\(what); \(subject) on", hint: hint)
    }

    /// What to exit with after `commands` ended: the worst of them.
    static func verdict(_ commands: [Navarch_V1_Command]) -> Failure? {
        let bad = commands.filter { $0.state != .succeeded }
        guard let worst = bad.first(where: { $0.state == .outcomeUnknown }) ?? bad.first else { return nil }
        let status: ExitStatus = worst.state == .outcomeUnknown ? .outcomeUnknown : .commandFailed
        let reason = worst.result.message.isEmpty ? "" : ": \(Table.printable(worst.result.message))"
        let state = Words.word(worst.state).lowercased()
        let message =
            commands.count == 1
            ? "the command on \(worst.nodeID) ended as \(state)\(reason)"
            : "\(bad.count) of \(commands.count) commands did not succeed; the one on \(worst.nodeID) ended as \(state)\(reason)"
        let hint = worst.state == .outcomeUnknown ? "look at the node itself before you repeat it" : nil
        return Failure(status, message, hint: hint)
    }
}
