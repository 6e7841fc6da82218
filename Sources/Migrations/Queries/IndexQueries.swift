// SPDX-License-Identifier: MIT
import Postgres

/// What is there of an index that a begun step wanted to build (C23).
enum IndexQueries {
    /// Validity, definition behind USING, uniqueness, and who is building it now, of the index called `name`.
    static func find(_ name: String) -> PostgresStatement {
        PostgresStatement(
            """
            SELECT i.indisvalid, i.indisunique,
                   substring(pg_get_indexdef(i.indexrelid, 0, true) FROM ' USING .*$'), t.relname,
                   (SELECT min(p.pid) FROM pg_stat_progress_create_index p
                     WHERE p.index_relid = i.indexrelid AND p.datname = current_database())
              FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
             WHERE i.indexrelid = to_regclass(quote_ident($1))
            """, [.text(name)], name: "find index")
    }

    static func drop(_ name: String) -> PostgresStatement {
        PostgresStatement("DROP INDEX CONCURRENTLY IF EXISTS \(quoted(name))", name: "drop invalid index")
    }

    /// The statements that build the same index on an empty likeness of its table, to read how the server spells it; the
    /// transaction is rolled back. Nil when the statement cannot be read so far.
    static func likeness(of statement: SQLStatement) -> (table: PostgresStatement, index: PostgresStatement)? {
        let shape = StatementShape(statement)
        guard let table = shape.table, let on = statement.tokens.firstIndex(where: { $0.isWord("on") }),
            let start = statement.tokens.first?.range.lowerBound,
            let name = statement.tokens[on...].first(where: { $0.text == table && !$0.isWord("on") })
        else { return nil }
        let bytes = Array(statement.text.utf8)
        let rest = String(decoding: bytes[(name.range.upperBound - start)...], as: UTF8.self)
        let unique = statement.starts(with: "create", "unique") ? "UNIQUE " : ""
        return (
            PostgresStatement("CREATE TEMPORARY TABLE \(quoted(likenessName)) (LIKE \(quoted(table)))"),
            PostgresStatement(
                "CREATE \(unique)INDEX \(quoted(likenessIndex)) ON pg_temp.\(quoted(likenessName))\(rest)")
        )
    }

    /// Where the likeness is built; no table of ours is called so.
    static let likenessName = "navarch_migrate_likeness"
    /// Its index.
    static let likenessIndex = "navarch_migrate_likeness_index"

    /// A name as SQL wants it.
    static func quoted(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
