// SPDX-License-Identifier: MIT

import Connect
import NavarchClient
import NavarchWire
import SwiftProtobuf

/// Issues one kind of command for one node, several, or all that a selector matches.
struct IssueJob {
    /// What to issue.
    let type: Navarch_V1_NodeCommandType
    /// Verb for messages: `cordon`.
    let verb: String
    /// What is said of a node once the command is issued: `cordoned`.
    let done: String
    /// Whether many nodes at once are asked about first.
    let isDrastic: Bool
    /// Parameters of the command.
    var parameters: [String: String] = [:]
    /// How long it may run; nil: as its type has it.
    var runTimeout: Duration?
    /// Whether JSON output of a waited-for command is the document that it yielded.
    var printsDocument = false

    /// Issues, waits if asked to, prints.
    func run(_ targets: TargetOptions, _ issue: IssueOptions, _ settings: Settings, in shell: Shell) async throws {
        try await settings.withClient { client in
            let nodes = try await targetNodes(targets, client, in: shell)
            let printer = Printer(format: settings.output, terminal: shell.terminal)
            guard !targets.dryRun else { return try NodesList.show(nodes, nextToken: "", printer, shell) }
            for node in nodes where NodeTable.isSilent(node) { warn(about: node, in: shell) }
            try confirm(nodes, targets, in: shell)
            let run = IssueRun(
                job: self, client: client, options: issue, settings: settings, shell: shell, printer: printer)
            if let node = nodes.first, nodes.count == 1, targets.selector == nil {
                try await run.one(node.nodeID)
            } else {
                try await run.many(nodes.map(\.nodeID), selector: targets.selector)
            }
        }
    }

    /// The nodes as they are now. Reading them first finds mistakes, and an unreachable control plane, before anything is done.
    private func targetNodes(
        _ targets: TargetOptions, _ client: OperatorClient, in shell: Shell
    ) async throws -> [Navarch_V1_NodeInfo] {
        do {
            guard let selector = targets.selector else {
                var nodes: [Navarch_V1_NodeInfo] = []
                for id in targets.nodes where !nodes.contains(where: { $0.nodeID == id }) {
                    nodes.append(try await client.node(id))
                }
                return nodes
            }
            let nodes = try await NodesList.all(matching: selector, client)
            if nodes.isEmpty { throw Failure(.notFound, "no node matches \(selector)") }
            return nodes
        } catch let error as RPCError {
            throw Failure(error, action: "\(verb) node")
        }
    }

    private func warn(about node: Navarch_V1_NodeInfo, in shell: Shell) {
        let age = Age.words(node.hasLastHeartbeat ? node.lastHeartbeat : nil, now: shell.now())
        let heartbeat = age == "Never" ? "it has never sent a heartbeat" : "its last heartbeat was \(age)"
        let effect =
            type == .cordon || type == .uncordon
            ? "this changes only what the control plane holds of it" : "the command waits until it is heard of again"
        shell.terminal.note("Warning: node \(Table.printable(node.nodeID)) is unreachable, \(heartbeat); \(effect)")
    }

    private func confirm(_ nodes: [Navarch_V1_NodeInfo], _ targets: TargetOptions, in shell: Shell) throws {
        guard isDrastic, !targets.yes, targets.selector != nil || nodes.count > 1 else { return }
        let names = nodes.prefix(10).map { Table.printable($0.nodeID) }.joined(separator: ", ")
        let more = nodes.count > 10 ? " and \(nodes.count - 10) more" : ""
        let count = nodes.count == 1 ? "1 node" : "\(nodes.count) nodes"
        guard let answer = shell.terminal.ask("\(verb.capitalized) \(count) (\(names)\(more))? [y/N] ") else {
            throw Failure(.usage, "to \(verb) \(count) at once needs --yes", hint: "--dry-run shows which")
        }
        guard ["y", "yes"].contains(answer.lowercased()) else { throw Failure(.failure, "nothing was done") }
    }
}
