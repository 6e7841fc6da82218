// SPDX-License-Identifier: MIT
import ArgumentParser
import Migrations

/// Checks the database against the files.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check checksums, and the catalogue against what the steps make.",
        discussion: """
            The steps are run in a schema of their own, in a transaction that is rolled back; this needs the right to create a \
            schema. Tables, columns, constraints, indexes, enums, functions, triggers, views and sequences are compared.
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Do not mind what no step makes, such as another program's tables.")
    var allowExtra = false

    func run() async throws {
        var failure: Int32?
        try await common.reportingErrors {
            let report = try await common.migrator().verify()
            let drift = report.drift.filter { !(allowExtra && $0.kind == .extra) }
            if !drift.isEmpty { failure = ExitStatus.code(of: .drift) }
            if !report.changedFiles.isEmpty { failure = ExitStatus.code(of: .historyMismatch) }
            if !report.unfinished.isEmpty { failure = failure ?? ExitStatus.pending }
            switch common.output {
            case .json: Console.write(Console.json(report))
            case .table:
                for line in report.changedFiles + report.unfinished + drift.map(\.description) { Console.write(line) }
                Console.write(
                    failure == nil
                        ? "the database is what the steps up to \(report.version) make"
                        : "the database is not what the steps up to \(report.version) make")
            }
        }
        if let failure { throw ExitCode(failure) }
    }
}
