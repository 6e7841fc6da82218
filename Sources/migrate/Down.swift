// SPDX-License-Identifier: MIT
import ArgumentParser
import Migrations

/// Takes the newest step back.
struct Down: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take the newest step back, if it is an expand step that states its undo.",
        discussion:
            "What the step's tables and columns held is lost. Refused (exit 13) while a live replica needs the step.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var patience: PatienceOptions

    func run() async throws {
        try await common.reportingErrors {
            let stop = StopSignal()
            let migrator = try common.migrator(patience.options, stop: stop)
            let title = try await Signals.stopping(stop) { try await migrator.down() }
            switch common.output {
            case .json: Console.write(Console.json(["undone": title]))
            case .table: Console.write("\(title) is taken back")
            }
        }
    }
}
