// SPDX-License-Identifier: MIT

/// What can be told from a statement's words alone: which table it is about, and how it treats it.
struct StatementShape {
    let statement: SQLStatement
    private var tokens: [SQLToken] { statement.tokens }

    init(_ statement: SQLStatement) { self.statement = statement }

    /// CREATE [UNIQUE] INDEX.
    var isIndexCreation: Bool {
        statement.starts(with: "create", "index") || statement.starts(with: "create", "unique", "index")
    }

    /// Whether it says CONCURRENTLY where that counts.
    var isConcurrent: Bool { tokens.prefix(5).contains { $0.isWord("concurrently") } }

    /// The table that a CREATE TABLE makes.
    var createdTable: String? {
        guard tokens.first?.isWord("create") == true,
            let at = tokens.prefix(4).firstIndex(where: { $0.isWord("table") })
        else { return nil }
        return name(after: at)
    }

    /// The table that the statement changes or locks; nil for a new one and for statements without a table.
    var table: String? {
        if statement.starts(with: "alter", "table") || statement.starts(with: "drop", "table") { return name(after: 1) }
        if statement.starts(with: "comment", "on", "table") { return name(after: 2) }
        if isIndexCreation || (statement.starts(with: "create") && tokens.prefix(6).contains { $0.isWord("trigger") }),
            let at = tokens.firstIndex(where: { $0.isWord("on") })
        {
            return name(after: at)
        }
        if statement.starts(with: "truncate") {
            return name(after: tokens.count > 1 && tokens[1].isWord("table") ? 1 : 0)
        }
        if statement.starts(with: "insert", "into") || statement.starts(with: "delete", "from") {
            return name(after: 1)
        }
        if statement.starts(with: "update") || statement.starts(with: "analyze") || statement.starts(with: "vacuum") {
            return name(after: 0)
        }
        return nil
    }

    /// The index that a CREATE INDEX names.
    var indexName: String? {
        guard isIndexCreation, let at = tokens.firstIndex(where: { $0.isWord("index") }) else { return nil }
        return name(after: at)
    }

    /// The index that a DROP INDEX names.
    var droppedIndex: String? { statement.starts(with: "drop", "index") ? name(after: 1) : nil }

    /// The first name, past ONLY, CONCURRENTLY and IF [NOT] EXISTS, behind the token at `position`.
    private func name(after position: Int) -> String? {
        let skipped: Set<String> = ["only", "if", "not", "exists", "concurrently"]
        return tokens.dropFirst(position + 1).first { !($0.kind == .word && skipped.contains($0.text)) }
            .flatMap { $0.kind == .word || $0.kind == .quotedName ? $0.text : nil }
    }

    /// `schema.name` where the statement names what it is about.
    var qualifiedName: String? {
        let subject = createdTable ?? table ?? indexName ?? droppedIndex
        guard let subject, let at = tokens.firstIndex(where: { $0.text == subject && $0.kind != .string }),
            tokens.count > at + 2, tokens[at + 1].isSymbol("."),
            tokens[at + 1].range.lowerBound == tokens[at].range.upperBound
        else { return nil }
        return "\(subject).\(tokens[at + 2].text)"
    }

    /// What the server refuses inside a transaction.
    var refusesTransaction: Bool {
        if isIndexCreation || statement.starts(with: "drop", "index") || statement.starts(with: "reindex") {
            return isConcurrent
        }
        return statement.starts(with: "vacuum") || statement.starts(with: "alter", "system")
            || statement.starts(with: "create", "database") || statement.starts(with: "drop", "database")
    }

    /// Whether running it again, after a kill at any point, ends in the same state.
    var isRepeatable: Bool {
        if isIndexCreation { return isConcurrent && indexName != nil && indexName != "on" }
        if statement.starts(with: "drop", "index") { return isConcurrent && statement.contains("if", "exists") }
        if statement.starts(with: "reindex") { return isConcurrent }
        if statement.starts(with: "alter", "type") {
            return statement.contains("add", "value", "if", "not", "exists")
        }
        if statement.starts(with: "alter", "table") { return statement.contains("validate", "constraint") }
        return statement.starts(with: "vacuum") || statement.starts(with: "analyze")
    }

    /// What of the schema goes away or changes its name.
    var takesAway: String? {
        let things = [
            "table", "view", "type", "function", "sequence", "schema", "materialized", "column", "constraint",
        ]
        if statement.starts(with: "drop"), tokens.count > 1, things.contains(tokens[1].text) {
            return "DROP \(tokens[1].text.uppercased())"
        }
        guard statement.starts(with: "alter") else { return nil }
        for thing in ["column", "constraint"] where statement.contains("drop", thing) {
            return "DROP \(thing.uppercased())"
        }
        if statement.contains("rename") { return "RENAME" }
        return nil
    }

    /// A foreign key or check added without NOT VALID.
    var checksWholeTable: Bool {
        guard statement.starts(with: "alter", "table"), !statement.contains("not", "valid") else { return false }
        if statement.contains("set", "not", "null") { return true }
        guard
            statement.contains("add", "constraint") || statement.contains("add", "foreign")
                || statement.contains("add", "check")
        else { return false }
        return !statement.contains("using", "index")
    }

    /// A change of a column's type, or a default that differs per row.
    var rewritesTable: Bool {
        guard statement.starts(with: "alter", "table") else { return false }
        if statement.contains("set", "data", "type") || statement.contains("set", "logged")
            || statement.contains("set", "unlogged")
        {
            return true
        }
        if let at = tokens.dropFirst().firstIndex(where: { $0.isWord("alter") }),
            tokens[at...].prefix(4).contains(where: { $0.isWord("type") })
        {
            return true
        }
        return statement.contains("add", "column")
            && (statement.contains("gen_random_uuid") || statement.contains("clock_timestamp"))
    }

    /// A column that must be given, where an older binary does not give it.
    var breaksOldWriters: String? {
        guard statement.starts(with: "alter", "table") else { return nil }
        if statement.contains("add", "column") && statement.contains("not", "null") && !statement.contains("default")
            && !statement.contains("generated")
        {
            return "a new NOT NULL column without a default"
        }
        return nil
    }
}
