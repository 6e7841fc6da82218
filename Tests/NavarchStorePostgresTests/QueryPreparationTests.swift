// SPDX-License-Identifier: MIT
import Foundation
import NavarchTestSupport
import Postgres
import Testing

/// Every statement of the store is understood by a server that has the schema, and takes parameters of the types written down.
@Suite struct QueryPreparationTests {
    @Test func everyQueryIsPreparedOnAFreshSchemaAndTakesTheTypesWrittenDown() async throws {
        try await PostgresStoreBackend.withStore { backend in
            var found: [String] = []
            try await PostgresSession.withSession(
                PostgresConfiguration(conninfo: backend.conninfo), logger: Snapshot.quiet
            ) { session in
                for (name, sql) in StoreQueries.all {
                    do {
                        found.append("\(name)(\(try await Self.parameterTypes(of: sql, session)))")
                    } catch {
                        Issue.record("\(name): \(error)")
                    }
                }
            }
            try Snapshot.compare(found.joined(separator: "\n") + "\n", with: "parameter-types.txt")
        }
    }

    /// As the server infers them from the text alone; the statement is forgotten again.
    private static func parameterTypes(of sql: String, _ session: PostgresSession) async throws -> String {
        _ = try await session.query(PostgresStatement("PREPARE one AS \(sql)"))
        let types = try await session.query(
            "SELECT array_to_string(parameter_types, ', ') FROM pg_prepared_statements WHERE name = 'one'")
        _ = try await session.query("DEALLOCATE one")
        return try #require(types.first).decode(0)
    }

    @Test func noQueryIsMissingFromTheList() throws {
        var declared: Set<String> = []
        let folder = Snapshot.repository + "/Sources/NavarchStorePostgres/Queries"
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
            let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
            let name = try #require(text.firstMatch(of: /\n(?:package )?enum (\w+)/)?.1)
            for match in text.matches(of: /\n    (?:package )?static let (\w+)/) {
                declared.insert("\(name).\(match.1)")
            }
        }
        // No statements: lists of columns, and names of channels.
        declared.subtract([
            "CommandQueries.columns", "NodeQueries.columns", "CoordinationQueries.commandsChannel",
            "CoordinationQueries.feedChannel",
        ])
        #expect(declared == Set(StoreQueries.all.map(\.key)))
        #expect(declared.count == StoreQueries.all.count)
    }
}
