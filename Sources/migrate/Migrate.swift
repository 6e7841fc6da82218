// SPDX-License-Identifier: MIT
import ArgumentParser
import BuildInfo
import Migrations

/// The program that applies, checks and explains the schema's steps.
@main
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Brings a PostgreSQL database to the schema that this release needs, and says how it stands.",
        discussion: """
            The address is taken from --database, else from NAVARCH_DATABASE_URL, else from libpq's own variables \
            (PGHOST, PGSERVICE, …). It must lead straight to the primary, not through a pooler. Results go to standard \
            output, what goes on meanwhile to standard error. SIGTERM and SIGINT end a run between two statements; a second \
            one ends it at once. Whatever ended a run: run it again, and it goes on where it stopped.

            EXIT CODES
            \(ExitStatus.table)
            """,
        version: BuildInfo.line(for: "migrate"),
        subcommands: [Up.self, Status.self, Plan.self, Verify.self, Baseline.self, Down.self])
}
