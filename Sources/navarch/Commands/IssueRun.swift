// SPDX-License-Identifier: MIT

import Connect
import NavarchClient
import NavarchWire
import SwiftProtobuf

/// One execution of an `IssueJob`: the calls and what is printed of them.
struct IssueRun {
    /// What to issue.
    let job: IssueJob
    /// Whom to ask.
    let client: OperatorClient
    /// Reason, key, waiting.
    let options: IssueOptions
    /// Time and format.
    let settings: Settings
    /// The world.
    let shell: Shell
    /// Where results go.
    let printer: Printer

    /// Issues for one node.
    func one(_ nodeID: String) async throws {
        let key = options.key()
        var request = Navarch_V1_IssueCommandRequest()
        request.nodeID = nodeID
        request.commandType = job.type
        request.parameters = job.parameters
        request.idempotencyKey = key
        request.reason = options.reason ?? ""
        if let ttl = options.ttl { request.ttl = Google_Protobuf_Duration(ttl.duration) }
        if let time = job.runTimeout { request.runTimeout = Google_Protobuf_Duration(time) }
        let answer: Navarch_V1_IssueCommandResponse
        do {
            answer = try await client.issue(request)
        } catch {
            throw Failure(error, action: "\(job.verb) node", ifUnanswered: Self.unanswered(key))
        }
        let command = Self.command(answer, for: nodeID)
        guard options.wait else { return try show(issued: command) }
        let ended = try await wait([command])
        try show(ended: ended[0])
        if let failure = CommandWait.verdict(ended) { throw failure }
    }

    /// Issues for the nodes that `selector` matches, or else for `nodes`.
    func many(_ nodes: [String], selector: String?) async throws {
        let key = options.key()
        var request = Navarch_V1_IssueCommandsRequest()
        request.commandType = job.type
        request.parameters = job.parameters
        request.idempotencyKey = key
        request.reason = options.reason ?? ""
        if let ttl = options.ttl { request.ttl = Google_Protobuf_Duration(ttl.duration) }
        if let time = job.runTimeout { request.runTimeout = Google_Protobuf_Duration(time) }
        if let selector {
            request.labelSelector = selector
            // What was shown and agreed to bounds what is done.
            request.maxNodes = job.isDrastic ? Int32(clamping: nodes.count) : 0
        } else {
            request.nodeIds = nodes
        }
        var answer: Navarch_V1_IssueCommandsResponse
        do {
            answer = try await client.issue(request)
        } catch {
            throw Failure(error, action: "\(job.verb) nodes", ifUnanswered: Self.unanswered(key))
        }
        if options.wait { answer.commands = try await wait(answer.commands) }
        try show(answer)
        if let failure = verdict(answer) { throw failure }
    }

    /// How to find out whether an unanswered call issued anything (C13).
    private static func unanswered(_ key: String) -> String {
        "the command may have been issued; repeat with --idempotency-key \(key) to find out without issuing it twice"
    }

    private func wait(_ commands: [Navarch_V1_Command]) async throws -> [Navarch_V1_Command] {
        let wait = CommandWait(
            client: client, shell: shell, timeout: settings.timeLeft, showsProgress: printer.format == .table)
        return try await wait(commands)
    }

    /// The command of an answer. A control plane that sends its id only still gets a command that can be followed.
    private static func command(
        _ answer: Navarch_V1_IssueCommandResponse, for nodeID: String
    ) -> Navarch_V1_Command {
        var command = answer.command
        if command.commandID.isEmpty { command.commandID = answer.commandID }
        if command.nodeID.isEmpty { command.nodeID = nodeID }
        return command
    }

    private func show(issued command: Navarch_V1_Command) throws {
        try printer.object(command, name: command.commandID) {
            [
                "Node \(Table.printable(command.nodeID)) \(job.done)",
                "Command ID: \(Table.printable(command.commandID))",
            ]
        }
    }

    private func show(ended command: Navarch_V1_Command) throws {
        if job.printsDocument, !command.result.json.isEmpty, printer.format == .json || printer.format == .yaml {
            // A document that is no JSON is the agent's fault; it is passed on as it is.
            guard printer.format == .yaml, let document = try? JSONParser.parse(command.result.json) else {
                return shell.terminal.line(command.result.json)
            }
            return shell.terminal.out(try document.yaml())
        }
        try printer.object(command, name: command.commandID) {
            CommandText.lines(command, now: shell.now())
        }
    }

    private func show(_ answer: Navarch_V1_IssueCommandsResponse) throws {
        try printer.list(
            answer, member: "commands", nothing: "No command was issued", names: answer.commands.map(\.commandID)
        ) { CommandText.table(answer.commands, now: shell.now()) }
        for failure in answer.failures {
            shell.terminal.note(
                "Failed for \(Table.printable(failure.nodeID)): \(failure.code): \(Table.printable(failure.message))")
        }
    }

    private func verdict(_ answer: Navarch_V1_IssueCommandsResponse) -> Failure? {
        if let first = answer.failures.first {
            let status = RPCCode(name: first.code).map { ExitStatus($0) } ?? .failure
            let total = answer.failures.count + answer.commands.count
            return Failure(status, "could not \(job.verb) \(answer.failures.count) of \(total) nodes")
        }
        return options.wait ? CommandWait.verdict(answer.commands) : nil
    }
}
