// SPDX-License-Identifier: MIT
import Postgres

/// Turns what the server said of a step's statement into an error that names file and line.
enum StepFailure {
    static func error(_ error: PostgresError, of file: MigrationFile, _ statement: SQLStatement) -> MigrationError {
        let place = "\(file.fileName):\(line(of: error, in: statement))"
        guard error.kind == .server, error.sqlState != "25006" else {
            return Database.failure(error, doing: "\(place): \(statement.excerpt(60))")
        }
        let hint =
            error.hint
            ?? (file.transactional
                ? "nothing of this step was kept; correct its cause and run `migrate up` again"
                : "correct its cause and run `migrate up` again: the step is resumed")
        return MigrationError(
            .statementFailed, "\(place): \(error.message) [\(error.sqlState ?? "")] in: \(statement.excerpt())",
            hint: hint, cause: error)
    }

    /// Lock timeout or deadlock: the same statement may well pass later.
    static func isForWantOfLock(_ error: MigrationError) -> Bool {
        guard let cause = error.cause as? PostgresError else { return false }
        return cause.sqlState == "55P03" || cause.sqlState == "40P01"
    }

    private static func line(of error: PostgresError, in statement: SQLStatement) -> Int {
        guard let position = error.position else { return statement.line }
        return statement.line + statement.text.prefix(max(0, position - 1)).count { $0.isNewline }
    }
}
