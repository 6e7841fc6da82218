// SPDX-License-Identifier: MIT
import ArgumentParser
import Migrations

/// Says what `up` would do.
struct Plan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what `up` would run, the locks it would take, and how big the tables are. Changes nothing.")

    @OptionGroup var common: CommonOptions

    @Option(help: "Plan up to this step.")
    var to: Int32?

    @Flag(help: "Stop before the first contract step.")
    var expandOnly = false

    @Flag(help: "Exit with 10 when there is something to run.")
    var check = false

    func run() async throws {
        var isEmpty = true
        try await common.reportingErrors {
            let plan = try await common.migrator().plan(to: to, expandOnly: expandOnly)
            isEmpty = plan.steps.isEmpty
            switch common.output {
            case .json: Console.write(Console.json(plan))
            case .table: Console.write(Self.text(plan))
            }
        }
        if check && !isEmpty { throw ExitCode(ExitStatus.pending) }
    }

    private static func text(_ plan: PlanReport) -> String {
        if plan.steps.isEmpty { return "nothing to do, the schema is at step \(plan.version)" }
        var lines: [String] = ["from step \(plan.version) to \(plan.target)"]
        for step in plan.steps {
            let notes = [
                step.phase, step.transactional ? "one transaction" : "no transaction", step.resumes ? "resumed" : nil,
                step.minimumBinary.map { "binaries must know step \($0)" }, step.reversible ? "has an undo" : nil,
            ]
            lines.append("\n\(step.title): \(notes.compactMap { $0 }.joined(separator: ", "))")
            for statement in step.statements {
                lines.append("  \(statement.text)")
                for lock in statement.locks {
                    lines.append("      \(lock.mode.rawValue) on \(lock.table): \(lock.mode.holdsUp) wait")
                }
            }
        }
        if !plan.tables.isEmpty {
            let rows = plan.tables.map { [$0.name, "\($0.bytes / 1024) KiB", "about \($0.rows)"] }
            lines.append("\n" + Console.table([["TABLE", "SIZE", "ROWS"]] + rows))
        }
        return lines.joined(separator: "\n")
    }
}
