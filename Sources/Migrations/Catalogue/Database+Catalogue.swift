// SPDX-License-Identifier: MIT
import Postgres

extension Database {
    /// How the database's own schema differs from what the steps up to `version` make of an empty one.
    ///
    /// The steps are run in a schema made for it, by the same server and in one transaction that is rolled back: so both sides
    /// are spelled alike, and nothing is left behind whatever happens. CONCURRENTLY is left out there: the tables are empty.
    func drift(from files: [MigrationFile], schema scratch: String) async throws(MigrationError) -> [Drift] {
        try await run(PostgresStatement(RunnerQueries.begin), doing: "begin to compare")
        let result: Result<[Drift], MigrationError>
        do throws(MigrationError) {
            let own = try await currentSchema()
            let actual = try await catalogue(of: own)
            try await build(files, in: scratch)
            result = .success(Drift.between(expected: try await catalogue(of: scratch), actual: actual))
        } catch {
            result = .failure(error)
        }
        try await run(PostgresStatement(RunnerQueries.rollback), doing: "end the comparison")
        return try result.get()
    }

    private func currentSchema() async throws(MigrationError) -> String {
        let rows = try await run(PostgresStatement(CatalogueQueries.currentSchema), doing: "read the search path")
        let name = try read("read the search path") { () throws(PostgresDecodingError) in
            try rows[0].decode(0, as: String?.self)
        }
        guard let name else {
            throw MigrationError(
                .badRequest, "the search path of this connection names no schema that exists",
                hint: "set it for the role or the database: ALTER ROLE … SET search_path")
        }
        return name
    }

    private func build(_ files: [MigrationFile], in schema: String) async throws(MigrationError) {
        try await run(CatalogueQueries.createSchema(schema), doing: "make a schema to compare with")
        try await run(CatalogueQueries.setSearchPath(schema), doing: "set search_path")
        for statement in BookkeepingQueries.create {
            try await run(PostgresStatement(statement), doing: "make the engine's own tables")
        }
        for file in files {
            for statement in file.statements {
                guard let text = statement.textForEmptyTables else { continue }
                do throws(PostgresError) {
                    _ = try await session.query(PostgresStatement(text), deadline: .seconds(300))
                } catch {
                    throw StepFailure.error(error, of: file, statement)
                }
            }
        }
    }

    private func catalogue(of schema: String) async throws(MigrationError) -> Catalogue {
        try await run(CatalogueQueries.setSearchPath(schema), doing: "set search_path")
        var catalogue = Catalogue()
        for query in CatalogueQueries.all {
            let rows = try await run(PostgresStatement(query, [.text(schema)]), doing: "read the catalogue")
            try read("read the catalogue") { () throws(PostgresDecodingError) in
                for row in rows {
                    let (kind, name, definition) = try row.decode(as: String.self, String.self, String.self)
                    catalogue.objects[Catalogue.Key(kind: kind, name: name)] = definition
                }
            }
        }
        return catalogue
    }
}

extension SQLStatement {
    /// The statement without CONCURRENTLY; nil where it only tends tables (VACUUM, ANALYZE, REINDEX).
    var textForEmptyTables: String? {
        if starts(with: "vacuum") || starts(with: "analyze") || starts(with: "reindex") { return nil }
        guard StatementShape(self).isConcurrent, let start = tokens.first?.range.lowerBound,
            let word = tokens.first(where: { $0.isWord("concurrently") })
        else { return text }
        let bytes = Array(text.utf8)
        return String(
            decoding: bytes[..<(word.range.lowerBound - start)] + bytes[(word.range.upperBound - start)...],
            as: UTF8.self)
    }
}
