// SPDX-License-Identifier: MIT
import ArgumentParser
import Migrations

/// Runs what is not done.
struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run every step that is not done, in order.",
        discussion: """
            Before a roll-out: `migrate up --expand-only`. After it: `migrate up`. A contract step is refused (exit 13) while \
            replicas live that it would break.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var patience: PatienceOptions

    @Option(help: "Stop after this step.")
    var to: Int32?

    @Flag(help: "Stop before the first contract step.")
    var expandOnly = false

    func run() async throws {
        try await common.reportingErrors {
            let stop = StopSignal()
            let migrator = try common.migrator(patience.options, stop: stop)
            let result = try await Signals.stopping(stop) { try await migrator.up(to: to, expandOnly: expandOnly) }
            switch common.output {
            case .json: Console.write(Console.json(result))
            case .table:
                let what = result.done.isEmpty ? "nothing to do" : "\(result.done.count) steps done"
                let left = result.pending == 0 ? "" : ", \(result.pending) left"
                Console.write("\(what), the schema is at step \(result.version)\(left)")
            }
        }
    }
}
