// SPDX-License-Identifier: MIT
import ArgumentParser
import Migrations

/// Records steps without running them.
struct Baseline: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Record steps as done without running them: for a database that has the schema but no history.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var patience: PatienceOptions

    @Option(help: "The newest step that the database has.")
    var to: Int32

    @Flag(help: "Also where the catalogue is not what the steps make.")
    var force = false

    func run() async throws {
        try await common.reportingErrors {
            try await common.migrator(patience.options).baseline(to: to, force: force)
            switch common.output {
            case .json: Console.write(Console.json(["version": to]))
            case .table: Console.write("steps up to \(to) are recorded as done")
            }
        }
    }
}
