// SPDX-License-Identifier: MIT

import Foundation
import NavarchWire
import SwiftProtobuf

/// Commands as rows, in full, and as they move.
enum CommandText {
    /// The table of `navarch commands list`.
    static func table(_ commands: [Navarch_V1_Command], now: Date) -> Table {
        Table(
            ["COMMAND ID", "NODE ID", "TYPE", "STATE", "ISSUED", "TOOK", "ISSUED BY", "REASON"],
            commands.map { command in
                [
                    command.commandID, command.nodeID, Words.word(command.type), state(command),
                    Age.words(command.hasIssuedAt ? command.issuedAt : nil, now: now), took(command), command.issuedBy,
                    command.reason,
                ]
            })
    }

    /// The lines of `navarch commands get`.
    static func lines(_ command: Navarch_V1_Command, now: Date) -> [String] {
        let fields = [
            ("Command ID", command.commandID), ("Node ID", command.nodeID), ("Type", Words.word(command.type)),
            ("State", state(command)), ("Reason", command.reason), ("Issued By", command.issuedBy),
            ("Issued", age(command.hasIssuedAt, command.issuedAt, now)),
            ("Started", age(command.hasStartedAt, command.startedAt, now)),
            ("Finished", age(command.hasFinishedAt, command.finishedAt, now)), ("Took", took(command)),
            ("Attempt", command.attempt > 0 ? "\(command.attempt)" : ""), ("Progress", progress(command)),
            ("Idempotency", command.idempotencyKey),
        ]
        return Fields.lines(fields) + parameters(command) + result(command)
    }

    /// One line about where a command is, e.g. `Running, 40 %: copying`.
    static func state(_ command: Navarch_V1_Command) -> String {
        var notes: [String] = []
        if command.cancelRequested, !command.state.isTerminal { notes.append("cancel requested") }
        if command.outOfContact, !command.state.isTerminal { notes.append("out of contact") }
        return ([Words.word(command.state)] + notes).joined(separator: ", ")
    }

    /// How far it is, in its agent's words; empty when it never said.
    static func progress(_ command: Navarch_V1_Command) -> String {
        guard command.hasProgress else { return "" }
        let percent = "\(Int(command.progress.percent.rounded())) %"
        return command.progress.message.isEmpty ? percent : "\(percent): \(command.progress.message)"
    }

    /// What it came to: message, output, and the table of what a diagnostic measured.
    static func result(_ command: Navarch_V1_Command) -> [String] {
        guard command.hasResult else { return [] }
        let result = command.result
        var lines = Fields.lines([
            ("Result", result.message), ("Exit Code", result.exitCode == 0 ? "" : "\(result.exitCode)"),
        ])
        if !result.json.isEmpty { lines += [""] + DiagnosticText.lines(result.json) }
        if !result.output.isEmpty {
            lines += ["", result.truncated ? "Output (cut):" : "Output:"]
            let output = Table.printableLines(result.output).split(separator: "\n", omittingEmptySubsequences: false)
            lines += output.map { "  " + $0 }
        }
        return lines
    }

    private static func parameters(_ command: Navarch_V1_Command) -> [String] {
        guard !command.parameters.isEmpty else { return [] }
        let sorted = command.parameters.sorted { $0.key < $1.key }
        return ["Parameters:"] + Fields.lines(sorted.map { ($0.key, $0.value) }, indent: "  ")
    }

    private static func age(
        _ isSet: Bool, _ moment: Google_Protobuf_Timestamp, _ now: Date
    ) -> String { isSet ? Age.words(moment, now: now) : "" }

    private static func took(_ command: Navarch_V1_Command) -> String {
        let start = command.hasStartedAt ? command.startedAt : (command.hasIssuedAt ? command.issuedAt : nil)
        return Age.span(start, command.hasFinishedAt ? command.finishedAt : nil)
    }
}
