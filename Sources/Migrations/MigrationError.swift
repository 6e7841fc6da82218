// SPDX-License-Identifier: MIT

/// Why an operation of the engine ended without its result.
public struct MigrationError: Error, Sendable, CustomStringConvertible {
    /// To branch on; a deploy script sees it as an exit code.
    public enum Code: String, Sendable, CaseIterable, Codable {
        /// The files break a rule; nothing was tried.
        case invalidFiles
        /// The files and the database's history do not belong together: a checksum or a name differs.
        case historyMismatch
        /// The database is past what these files know, and refuses binaries this old (C24).
        case databaseNewer
        /// Binaries that a contract or down step would break still live (C24).
        case oldReplicasLive
        /// Another runner held the lock for the whole time allowed.
        case runnerBusy
        /// A table's lock could not be had within the retries.
        case tableBusy
        /// A statement of a step failed; the step is begun, not done.
        case statementFailed
        /// The database could not be reached, or the connection was lost: what was on its way is resumed by running again.
        case unreachable
        /// The server is a standby, or read-only.
        case readOnly
        /// A signal ended the run between two statements.
        case interrupted
        /// There is nothing that `down` may take back.
        case notReversible
        /// The catalogue is not what the files make.
        case drift
        /// `baseline` on a database that has a history already.
        case notEmpty
        /// The request itself makes no sense: a step that does not exist.
        case badRequest
    }

    /// To branch on.
    public let code: Code
    /// What went wrong, with names.
    public let message: String
    /// What to do about it; empty where the message says it.
    public let hint: String
    /// Mistakes in files, where the code speaks of them.
    public let problems: [MigrationFileProblem]
    /// For logs.
    public let cause: (any Error)?

    /// An error with what to do about it.
    public init(
        _ code: Code, _ message: String, hint: String = "", problems: [MigrationFileProblem] = [],
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.problems = problems
        self.cause = cause
    }

    static func invalidFiles(_ problems: [MigrationFileProblem]) -> MigrationError {
        MigrationError(.invalidFiles, "the migration files have \(problems.count) mistakes", problems: problems)
    }

    /// The message, its problems line by line, and the hint.
    public var description: String {
        ([message] + problems.map { "  \($0)" } + (hint.isEmpty ? [] : ["hint: \(hint)"])).joined(separator: "\n")
    }
}
