// SPDX-License-Identifier: MIT

/// Holds each file against the rules. Pure: it knows the files, not the database.
public enum MigrationLint {
    /// All broken rules of all files, but for those that a file breaks on purpose.
    public static func findings(in files: [MigrationFile]) -> [MigrationFileProblem] {
        files.flatMap { findings(in: $0) }
    }

    /// The broken rules of one file.
    public static func findings(in file: MigrationFile) -> [MigrationFileProblem] {
        var lint = FileLint(file: file)
        lint.checkFile()
        for statement in file.statements { lint.check(statement, isUndo: false) }
        for statement in file.undo ?? [] { lint.check(statement, isUndo: true) }
        return lint.problems
    }
}

private struct FileLint {
    let file: MigrationFile
    var problems: [MigrationFileProblem] = []
    /// Tables that this file made: nothing reads or writes them yet.
    private let ownTables: Set<String>

    init(file: MigrationFile) {
        self.file = file
        ownTables = Set(file.statements.compactMap { StatementShape($0).createdTable })
    }

    private mutating func add(_ rule: LintRule, _ line: Int, _ message: String) {
        if rule.mayBeAllowed && file.allowances[rule.rawValue] != nil { return }
        let way = rule.mayBeAllowed ? "; if it must be: `-- navarch:allow \(rule.rawValue): why`" : ""
        problems.append(
            MigrationFileProblem(file: file.fileName, line: line, message: "[\(rule.rawValue)] \(message)\(way)"))
    }

    mutating func checkFile() {
        switch file.phase {
        case .contract:
            if file.minimumBinary == nil {
                add(.minimumBinary, 0, "a contract step states the lowest binary: `-- navarch:min-binary schema N`")
            }
            if file.undo != nil { add(.contractUndo, 0, "a contract step cannot be undone") }
        case .expand:
            if file.minimumBinary != nil { add(.minimumBinary, 0, "only a contract step raises the lowest binary") }
        }
        if let minimum = file.minimumBinary, minimum >= file.number {
            add(.minimumBinary, 0, "`min-binary schema \(minimum)` must be an older step than \(file.number)")
        }
    }

    mutating func check(_ statement: SQLStatement, isUndo: Bool) {
        let shape = StatementShape(statement)
        let line = isUndo ? 0 : statement.line
        checkTransaction(statement, shape, line)
        if let name = shape.qualifiedName {
            add(.schemaQualified, line, "`\(name)` names a schema; the search path decides")
        }
        if file.phase == .expand && !isUndo { checkExpand(statement, shape, line) }
    }

    private mutating func checkTransaction(_ statement: SQLStatement, _ shape: StatementShape, _ line: Int) {
        let first = statement.tokens.first?.text ?? ""
        if ["begin", "commit", "rollback", "end", "abort", "savepoint", "release"].contains(first)
            || statement.starts(with: "start", "transaction") || statement.starts(with: "prepare", "transaction")
        {
            add(.transactionControl, line, "`\(first.uppercased())`: the runner begins and ends the transaction")
        }
        if shape.isIndexCreation && statement.contains("if", "not", "exists") {
            add(.ifNotExists, line, "IF NOT EXISTS accepts an invalid index; the runner looks by itself")
        }
        if file.transactional && shape.refusesTransaction {
            add(.notInTransaction, line, "needs `-- navarch:transaction no` and a file of its own")
        }
        if !file.transactional && !shape.isRepeatable {
            add(
                .notRepeatable, line,
                "a step without a transaction holds only CREATE INDEX CONCURRENTLY name, DROP INDEX CONCURRENTLY IF EXISTS, "
                    + "REINDEX … CONCURRENTLY, VALIDATE CONSTRAINT, ALTER TYPE … ADD VALUE IF NOT EXISTS, VACUUM, ANALYZE"
            )
        }
    }

    private mutating func checkExpand(_ statement: SQLStatement, _ shape: StatementShape, _ line: Int) {
        if let what = shape.takesAway {
            add(.destructiveExpand, line, "\(what) takes away what older binaries may use: that is a contract step")
        }
        guard let table = shape.table, !ownTables.contains(table) else { return }
        if shape.isIndexCreation && !shape.isConcurrent {
            add(
                .blockingIndex, line,
                "all writes to `\(table)` wait for this index: CREATE INDEX CONCURRENTLY in a file of its own")
        }
        if shape.checksWholeTable {
            add(
                .blockingConstraint, line,
                "checks all of `\(table)` under lock: add it NOT VALID, validate in the next step")
        }
        if shape.rewritesTable { add(.tableRewrite, line, "rewrites `\(table)` under its strongest lock") }
        if let what = shape.breaksOldWriters {
            add(.breaksOldWriters, line, "\(what): rows that older binaries write to `\(table)` would be refused")
        }
    }
}
