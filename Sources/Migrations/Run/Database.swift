// SPDX-License-Identifier: MIT
import Postgres

/// The engine's sentences to the server, over one session.
struct Database: Sendable {
    let session: PostgresSession

    /// Runs one statement of the engine's own.
    @discardableResult
    func run(
        _ statement: PostgresStatement, doing: String, deadline: Duration? = nil
    ) async throws(MigrationError) -> PostgresRows {
        do {
            return try await session.query(statement, deadline: deadline)
        } catch {
            throw Self.failure(error, doing: doing)
        }
    }

    /// Reads columns; an answer of another shape than asked for is a mistake of ours, told as such.
    func read<R>(_ doing: String, _ body: () throws(PostgresDecodingError) -> R) throws(MigrationError) -> R {
        do {
            return try body()
        } catch {
            throw MigrationError(.statementFailed, "\(doing): \(error)", cause: error)
        }
    }

    func isReadOnly() async throws(MigrationError) -> Bool {
        let rows = try await run(PostgresStatement(RunnerQueries.server), doing: "look at the server")
        return try read("look at the server") { () throws(PostgresDecodingError) in try rows[0].decode(0) }
    }

    func backendPID() async throws(MigrationError) -> Int32 {
        let rows = try await run(PostgresStatement(RunnerQueries.server), doing: "look at the server")
        return try read("look at the server") { () throws(PostgresDecodingError) in try rows[0].decode(1) }
    }

    func tryLock() async throws(MigrationError) -> Bool {
        let rows = try await run(PostgresStatement(RunnerQueries.tryLock), doing: "take the runner's lock")
        return try read("take the runner's lock") { () throws(PostgresDecodingError) in try rows[0].decode(0) }
    }

    /// The holder of the runner's lock, in words.
    func lockHolder() async throws(MigrationError) -> String? {
        let rows = try await run(PostgresStatement(RunnerQueries.lockHolder), doing: "find the other runner")
        guard let row = rows.first else { return nil }
        return try read("find the other runner") { () throws(PostgresDecodingError) in
            let (pid, name, address) = try row.decode(as: Int32.self, String.self, String.self)
            return "\(name) from \(address), back end \(pid)"
        }
    }

    func createBookkeeping() async throws(MigrationError) {
        for statement in BookkeepingQueries.create {
            try await run(PostgresStatement(statement), doing: "make the engine's own tables")
        }
    }

    func history() async throws(MigrationError) -> SchemaHistory {
        let exist = try await run(PostgresStatement(BookkeepingQueries.exist), doing: "read the history")
        guard
            try read("read the history", { () throws(PostgresDecodingError) in try exist[0].decode(0, as: Bool.self) })
        else { return SchemaHistory() }
        let state = try await run(PostgresStatement(BookkeepingQueries.state), doing: "read the schema's row")
        let steps = try await run(PostgresStatement(BookkeepingQueries.steps), doing: "read the history")
        return try read("read the history") { () throws(PostgresDecodingError) in
            var history = SchemaHistory()
            if let row = state.first {
                history.version = try row.decode(0)
                history.minimumBinary = try row.decode(1)
            }
            for row in steps { history.steps.append(try StepRecord(row)) }
            return history
        }
    }

    /// What an error of the client means here.
    static func failure(_ error: PostgresError, doing: String) -> MigrationError {
        switch error.kind {
        case .server:
            if error.sqlState == "25006" {
                return MigrationError(.readOnly, "\(doing): \(error.message)", cause: error)
            }
            return MigrationError(
                .statementFailed, "\(doing): \(error.message) [\(error.sqlState ?? "")]", hint: error.hint ?? "",
                cause: error)
        case .connection, .closed, .deadline, .overloaded:
            return MigrationError(
                .unreachable, "\(doing): \(error.message)",
                hint: doing == "connect"
                    ? "is the server up, and the address right? (--database, NAVARCH_DATABASE_URL or PGHOST …)"
                    : "run `migrate up` again: a begun step is resumed", cause: error)
        case .cancelled: return MigrationError(.interrupted, "\(doing): cancelled", cause: error)
        case .invalidRequest, .decoding:
            return MigrationError(.statementFailed, "\(doing): \(error.message)", cause: error)
        }
    }
}

extension StepRecord {
    fileprivate init(_ row: PostgresRow) throws(PostgresDecodingError) {
        self.init(
            number: try row.decode(0), name: try row.decode(1),
            state: State(rawValue: try row.decode(2)) ?? .begun,  // the table's CHECK knows no other
            checksum: try row.decode(3), baseline: try row.decode(4), runner: try row.decode(5),
            begunAt: try row.decode(6), doneAt: try row.decode(7), milliseconds: try row.decode(8))
    }
}
