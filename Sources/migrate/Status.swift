// SPDX-License-Identifier: MIT
import ArgumentParser
import Migrations

/// Says how the database stands.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show every step and how far it came. Changes nothing, locks nothing.")

    @OptionGroup var common: CommonOptions

    @Flag(help: "Exit with 10 while steps wait to be run.")
    var check = false

    func run() async throws {
        var pending = 0
        try await common.reportingErrors {
            let status = try await common.migrator().status()
            pending = status.pending
            switch common.output {
            case .json: Console.write(Console.json(status))
            case .table:
                Console.write(
                    Console.table(
                        [["STEP", "PHASE", "STATE", "DONE AT", "TOOK", "BY"]]
                            + status.steps.map { step in
                                [
                                    step.title, step.phase, step.state, step.doneAt ?? "-",
                                    step.milliseconds.map { "\($0) ms" } ?? "-", step.runner ?? "-",
                                ]
                            }))
                Console.write(
                    "the schema is at step \(status.version), \(status.pending) pending; it serves binaries that know step \(status.minimumBinary) or later"
                )
            }
        }
        if check && pending > 0 { throw ExitCode(ExitStatus.pending) }
    }
}
