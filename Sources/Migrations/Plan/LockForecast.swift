// SPDX-License-Identifier: MIT

/// Which table a statement locks how, told from its words. A test holds it against `pg_locks`.
public struct LockForecast: Equatable, Hashable, Sendable, Codable {
    /// PostgreSQL's table locks that statements of steps take, weakest first.
    public enum Mode: String, Sendable, Codable, CaseIterable {
        /// INSERT, UPDATE, DELETE: beside readers and writers.
        case rowExclusive = "ROW EXCLUSIVE"
        /// VACUUM, CREATE INDEX CONCURRENTLY, VALIDATE: beside readers and writers, not beside its like.
        case shareUpdateExclusive = "SHARE UPDATE EXCLUSIVE"
        /// CREATE INDEX: writers wait.
        case share = "SHARE"
        /// Foreign keys, triggers: writers wait.
        case shareRowExclusive = "SHARE ROW EXCLUSIVE"
        /// Most of ALTER TABLE: readers and writers wait.
        case accessExclusive = "ACCESS EXCLUSIVE"

        /// Who waits meanwhile.
        public var holdsUp: String {
            switch self {
            case .rowExclusive, .shareUpdateExclusive: "nobody"
            case .share, .shareRowExclusive: "writers"
            case .accessExclusive: "readers and writers"
            }
        }
    }

    /// The table.
    public let table: String
    /// How it is locked.
    public let mode: Mode

    /// One lock.
    public init(table: String, mode: Mode) {
        self.table = table
        self.mode = mode
    }

    /// The locks of one statement on tables that were there before; `new` are those that the step made itself.
    public static func locks(of statement: SQLStatement, new: Set<String> = []) -> [LockForecast] {
        var locks: [LockForecast] = []
        let shape = StatementShape(statement)
        if let table = shape.table, let mode = mode(of: statement, shape) {
            locks.append(LockForecast(table: table, mode: mode))
        }
        for table in shape.referenced { locks.append(LockForecast(table: table, mode: .shareRowExclusive)) }
        return locks.filter { !new.contains($0.table) }
    }

    private static func mode(of statement: SQLStatement, _ shape: StatementShape) -> Mode? {
        if shape.isIndexCreation { return shape.isConcurrent ? .shareUpdateExclusive : .share }
        switch statement.tokens.first?.text {
        case "insert", "update", "delete": return .rowExclusive
        case "truncate", "drop": return .accessExclusive
        case "analyze": return .shareUpdateExclusive
        case "vacuum": return statement.contains("full") ? .accessExclusive : .shareUpdateExclusive
        case "comment": return .shareUpdateExclusive
        case "create": return .shareRowExclusive
        case "alter": return alterMode(statement, shape)
        default: return nil
        }
    }

    private static func alterMode(_ statement: SQLStatement, _ shape: StatementShape) -> Mode {
        if statement.contains("validate", "constraint") || statement.contains("set", "statistics") {
            return .shareUpdateExclusive
        }
        if !shape.referenced.isEmpty && !statement.contains("add", "column") { return .shareRowExclusive }
        // Storage parameters: SET ( … ) and RESET ( … ).
        let tokens = statement.tokens
        for (word, next) in zip(tokens, tokens.dropFirst()) where next.isSymbol("(") {
            if word.isWord("set") || word.isWord("reset") { return .shareUpdateExclusive }
        }
        return .accessExclusive
    }
}

extension StatementShape {
    /// Tables that foreign keys of the statement point at.
    var referenced: [String] {
        guard statement.starts(with: "create", "table") || statement.starts(with: "alter", "table") else { return [] }
        let tokens = statement.tokens
        return zip(tokens, tokens.dropFirst()).compactMap { $0.isWord("references") ? $1.text : nil }
    }
}
