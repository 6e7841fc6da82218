// SPDX-License-Identifier: MIT
import Postgres

/// What an earlier, killed run left of an index that is built without blocking writers (C23).
struct ConcurrentIndex {
    let run: StepRun
    let statement: SQLStatement

    private var database: Database { run.database }

    /// Whether the index is there, valid and as the statement wants it. An invalid one is dropped on the way: the server
    /// leaves it behind when a build ends early, and it costs every write while it answers no query.
    /// - Throws: when another index has the name, or somebody else is building it.
    func isThere() async throws(MigrationError) -> Bool {
        guard let name = StatementShape(statement).indexName else { return false }
        guard let found = try await find(name) else { return false }
        if let builder = found.builder {
            throw MigrationError(
                .tableBusy, "index \(name) is being built by back end \(builder)",
                hint: "wait for it, or end it, and run again")
        }
        guard found.isValid else {
            try await database.run(
                IndexQueries.drop(name), doing: "drop the invalid index \(name)",
                deadline: run.migrator.options.concurrentDeadline)
            run.migrator.report(.indexDropped(name: name))
            return false
        }
        guard try await wanted() == found.definition else {
            throw MigrationError(
                .statementFailed, "another index is called \(name): \(found.definition)",
                hint: "the step wants: \(statement.excerpt(200)); rename or drop the one that is there")
        }
        run.migrator.report(.indexKept(name: name))
        return true
    }

    private struct Found {
        let isValid: Bool
        let definition: String
        let builder: Int32?
    }

    private func find(_ name: String, table: String? = nil) async throws(MigrationError) -> Found? {
        let rows = try await database.run(IndexQueries.find(name), doing: "look for index \(name)")
        guard let row = rows.first else { return nil }
        let wantedTable = table ?? StatementShape(statement).table
        return try database.read("look for index \(name)") { () throws(PostgresDecodingError) in
            let (isValid, isUnique, definition, table, builder) = try row.decode(
                as: Bool.self, Bool.self, String.self, String.self, Int32?.self)
            let place = table == wantedTable ? "" : "on \(table) "
            return Found(
                isValid: isValid, definition: (isUnique ? "UNIQUE " : "") + place + definition, builder: builder)
        }
    }

    /// How the server spells the wanted index: it is built on an empty likeness of its table, and rolled back.
    private func wanted() async throws(MigrationError) -> String? {
        guard let likeness = IndexQueries.likeness(of: statement) else { return nil }
        try await database.run(PostgresStatement(RunnerQueries.begin), doing: "compare the index")
        let result: Result<Found?, MigrationError>
        do throws(MigrationError) {
            try await database.run(likeness.table, doing: "compare the index")
            try await database.run(likeness.index, doing: "compare the index")
            result = .success(try await find(IndexQueries.likenessIndex, table: IndexQueries.likenessName))
        } catch {
            result = .failure(error)
        }
        try await database.run(PostgresStatement(RunnerQueries.rollback), doing: "compare the index")
        return try result.get()?.definition
    }
}
