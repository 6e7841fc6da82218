// SPDX-License-Identifier: MIT

import ArgumentParser
import Connect
import NavarchClient
import NavarchWire

/// `navarch commands list`.
struct CommandsList: Leaf {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List commands, newest first.",
        discussion: "The newest 100, unless --all or --page-size asks for more.", aliases: ["ls"])

    @Option(help: "Only commands for this node.")
    var node: String?

    @Option(
        help:
            "Only commands in this state: queued, leased, running, succeeded, failed, outcome-unknown, cancelled, expired or undeliverable."
    )
    var state: String?

    @Option(help: "Only commands of this type: cordon, uncordon, drain, run-diagnostic or terminate.")
    var type: String?

    @OptionGroup var page: PageOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in shell: Shell) async throws {
        let settings = try Settings(connection, output, in: shell)
        var request = Navarch_V1_ListCommandsRequest()
        request.nodeID = node ?? ""
        request.state = try EnumOption.value(state, "state")
        request.commandType = try EnumOption.value(type, "type")
        try await settings.withClient { client in
            var answer = Navarch_V1_ListCommandsResponse()
            answer.nextPageToken = try await page.read(allByDefault: false) { token, size in
                request.pageToken = token
                request.pageSize = size
                do throws(RPCError) {
                    let page = try await client.listCommands(request)
                    answer.commands += page.commands
                    return page.nextPageToken
                } catch {
                    throw Failure(error, action: "list commands")
                }
            }
            let commands = answer.commands
            try Printer(format: settings.output, terminal: shell.terminal).list(
                answer, member: "commands", nothing: "No commands found", names: commands.map(\.commandID)
            ) { CommandText.table(commands, now: shell.now()) }
            PageOptions.tellOfMore(answer.nextPageToken, shell.terminal)
        }
    }
}

/// `navarch commands get`.
struct CommandsGet: Leaf {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Show one command in full, with its result.")

    @Argument(help: "The command's id.")
    var command: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in shell: Shell) async throws {
        let settings = try Settings(connection, output, in: shell)
        try await settings.withClient { client in
            let found: Navarch_V1_Command
            do throws(RPCError) {
                found = try await client.command(command)
            } catch {
                throw Failure(error, action: "get command")
            }
            try Printer(format: settings.output, terminal: shell.terminal).object(found, name: found.commandID) {
                CommandText.lines(found, now: shell.now())
            }
        }
    }
}

/// `navarch commands watch`.
struct CommandsWatch: Leaf {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Follow a command until it ended, and exit by how it ended.",
        discussion: "Every state that it is in is shown; JSON is one command per line.")

    @Argument(help: "The command's id.")
    var command: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in shell: Shell) async throws {
        let settings = try Settings(connection, output, waits: true, in: shell)
        try await settings.withClient { client in
            var known = Navarch_V1_Command()
            known.commandID = command
            let wait = CommandWait(
                client: client, shell: shell, timeout: settings.timeLeft,
                showsProgress: settings.output == .table)
            let printer = Printer(format: settings.output, terminal: shell.terminal)
            let ended = try await wait([known]) { seen in
                guard printer.format == .json || printer.format == .yaml else { return }
                try printer.element(seen, name: seen.commandID) { "" }
            }
            if printer.format == .table { CommandText.lines(ended[0], now: shell.now()).forEach(shell.terminal.line) }
            if printer.format == .name { shell.terminal.line(ended[0].commandID) }
            if let failure = CommandWait.verdict(ended) { throw failure }
        }
    }
}

/// `navarch commands cancel`.
struct CommandsCancel: Leaf {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Cancel a command.",
        discussion: """
            A queued command is cancelled for good. A running one is asked to stop, and its agent decides; --wait tells how \
            that went: exit status 0 means that it was cancelled or stopped.
            """)

    @Argument(help: "The command's id.")
    var command: String

    @Option(help: "Why; kept with the command.")
    var reason: String?

    @Flag(name: .customLong("wait"), help: "Wait until it ended.")
    var wait = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in shell: Shell) async throws {
        let settings = try Settings(connection, output, waits: wait, in: shell)
        try await settings.withClient { client in
            var found = try await cancelled(client)
            if wait, !found.state.isTerminal {
                let wait = CommandWait(
                    client: client, shell: shell, timeout: settings.timeLeft,
                    showsProgress: settings.output == .table)
                found = try await wait([found])[0]
            }
            try Printer(format: settings.output, terminal: shell.terminal).object(found, name: found.commandID) {
                let id = Table.printable(found.commandID)
                if found.state == .cancelled { return ["Command \(id) cancelled"] }
                if found.state.isTerminal { return ["Command \(id) ended as \(Words.word(found.state).lowercased())"] }
                return ["Command \(id) is asked to stop; its agent decides"]
            }
            if wait, found.state == .succeeded {
                throw Failure(.refused, "the command had succeeded before it could be cancelled")
            }
            if wait, found.state == .outcomeUnknown, let failure = CommandWait.verdict([found]) { throw failure }
        }
    }

    /// Reads the command first, as verbs read their nodes: a mistake, or a control plane that is not there, is found before
    /// anything can have been done.
    private func cancelled(_ client: OperatorClient) async throws -> Navarch_V1_Command {
        do throws(RPCError) {
            _ = try await client.command(command)
        } catch {
            throw Failure(error, action: "cancel command")
        }
        do throws(RPCError) {
            return try await client.cancel(command, reason: reason ?? "")
        } catch {
            throw Failure(
                error, action: "cancel command",
                ifUnanswered: "it may have been done; navarch commands get \(Table.printable(command)) shows it")
        }
    }
}
